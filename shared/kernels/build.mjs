// Builds the engine's binaries, one per numerics profile, the protocol's checksum and the digest of answers, and embeds
// them in TypeScript modules, so that Node, a bundler and a browser all load the same bytes the same way; the fused one as what
// it differs in from the portable one. Beside them it writes the kernels'
// contract and the engine's digest. Writes only what has changed, for tsc's sake.

import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';
import { deltaOf } from './binary_delta.mjs';
import { contractOf, contractSource, entrySource } from './contract.mjs';
import { engineDigestOf } from './engine_digest.mjs';
import { tilesSource } from './tiles.mjs';

const kernelsFolder = fileURLToPath(new URL('.', import.meta.url));
const shared = fileURLToPath(new URL('../', import.meta.url));
const engineGenerated = join(shared, 'engine', 'generated');

/** Binaries besides the engine's: the name of each, its WebAssembly features, and the room that it is for. */
const others = [
  { name: 'checksum', features: [], room: 'protocol' },
  { name: 'digest', features: ['simd'], room: 'digest' },
];
const generatedOf = (room) => join(shared, room, 'generated');

/** The AssemblyScript files beside this one: all that they export are kernels. */
async function kernelSources() {
  const names = (await readdir(kernelsFolder)).filter((name) => name.endsWith('.ts')).sort();
  return Promise.all(
    names.map(async (name) => [name.slice(0, -'.ts'.length), await readFile(join(kernelsFolder, name), 'utf8')]),
  );
}

/** Compiles an entry file to the binary of that name and returns it; `written` are files that exist nowhere else. */
async function compile(entry, name, features, written = new Map()) {
  let binary;
  const { error, stderr } = await asc.main(
    [
      entry, '--baseDir', kernelsFolder, '--outFile', `${name}.wasm`, '-O3', '--noAssert', '--runtime', 'stub',
      '--importMemory', '--use', 'abort=', ...features.flatMap((feature) => ['--enable', feature]),
    ],
    {
      readFile: async (file, baseDir) =>
        written.get(file) ?? readFile(join(baseDir, file), 'utf8').catch(() => null),
      writeFile: (file, contents) => {
        if (file.endsWith('.wasm')) binary = contents;
      },
      listFiles: () => [],
    },
  );
  if (error || binary === undefined) {
    throw new Error(`the ${name} kernels do not compile:\n${stderr.toString()}${error?.message ?? ''}`);
  }
  return binary;
}

/** Opcodes 0xfd 0x100 to 0xfd 0x113, relaxed SIMD, give other bits on other machines: the portable binary has none. */
function refuseRelaxedOpcodes(binary) {
  // LEB128 of 0x100 to 0x113 is [0x80..0x93, 0x02]. A constant could look the same, so this refuses at worst too much.
  for (let at = 0; at + 2 < binary.length; at++) {
    const opcode = binary[at + 1];
    if (binary[at] === 0xfd && opcode >= 0x80 && opcode <= 0x93 && binary[at + 2] === 0x02) {
      throw new Error(`the portable kernels hold a relaxed SIMD opcode at byte ${at}`);
    }
  }
}

async function writeIfChanged(folder, name, contents) {
  const file = join(folder, name);
  const text = `// Built by shared/kernels/build.mjs; not to be edited.\n${contents}`;
  if ((await readFile(file, 'utf8').catch(() => undefined)) !== text) await writeFile(file, text);
}

async function embed(folder, name, bytes, constant = 'binary') {
  const base64 = Buffer.from(bytes).toString('base64');
  await writeIfChanged(folder, `${name}.ts`, `export const ${constant} =\n  '${base64}';\n`);
}

/** TypeScript that gathers the numerics probe's cases, by the kernels' names, from all files that hold some. */
async function probeCasesSource() {
  const names = (await readdir(join(shared, 'engine', 'probe', 'cases'))).filter((name) => name.endsWith('.ts')).sort();
  return names.map((name) => `export * from '../probe/cases/${name}';\n`).join('');
}

async function buildEngine() {
  const kernels = contractOf(await kernelSources());
  const written = new Map([['entry.ts', entrySource(kernels)], ['internal/tiles.ts', tilesSource()]]);
  const portable = await compile('entry.ts', 'portable', ['simd'], written);
  refuseRelaxedOpcodes(portable);
  const fused = await compile('entry.ts', 'fused', ['simd', 'relaxed-simd'], written);
  await mkdir(engineGenerated, { recursive: true });
  await embed(engineGenerated, 'portable', portable);
  await embed(engineGenerated, 'fused', deltaOf(portable, fused), 'delta');
  await writeIfChanged(engineGenerated, 'kernels.ts', contractSource(kernels));
  await writeIfChanged(engineGenerated, 'probe_cases.ts', await probeCasesSource());
  return `${kernels.length} kernels, portable ${portable.length} bytes, fused ${fused.length} bytes`;
}

async function buildOther({ name, features, room }) {
  const binary = await compile(`${name}/${name}.ts`, name, features);
  refuseRelaxedOpcodes(binary);
  await mkdir(generatedOf(room), { recursive: true });
  await embed(generatedOf(room), name, binary);
  return `${name} ${binary.length} bytes`;
}

try {
  const sizes = [await buildEngine()];
  for (const other of others) sizes.push(await buildOther(other));
  const digest = await engineDigestOf(shared);
  await writeIfChanged(engineGenerated, 'engine_digest.ts', `export const engineDigest = '${digest}';\n`);
  console.log(`kernels: ${sizes.join(', ')}, engine ${digest.slice(0, 12)}`);
} catch (error) {
  await rm(engineGenerated, { recursive: true, force: true });
  for (const { room } of others) await rm(generatedOf(room), { recursive: true, force: true });
  console.error(`kernels: ${error.message}`);
  process.exitCode = 1;
}
