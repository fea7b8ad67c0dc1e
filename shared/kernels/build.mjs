// Builds the engine's binaries, one per numerics profile, and the protocol's checksum, and embeds them in TypeScript
// modules, so that Node, a bundler and a browser all load the same bytes the same way. Writes only what has changed, for
// tsc's sake.

import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';
import { tilesSource } from './tiles.mjs';

const kernels = fileURLToPath(new URL('.', import.meta.url));
const engine = fileURLToPath(new URL('../engine/', import.meta.url));
const engineGenerated = join(engine, 'generated');
const protocolGenerated = fileURLToPath(new URL('../protocol/generated/', import.meta.url));

/** Compiles an entry file to the binary of that name and returns it. */
async function compile(entry, name, features) {
  let binary;
  const { error, stderr } = await asc.main(
    [
      entry, '--baseDir', kernels, '--outFile', `${name}.wasm`, '-O3', '--noAssert', '--runtime', 'stub',
      '--importMemory', '--use', 'abort=', ...features.flatMap((feature) => ['--enable', feature]),
    ],
    {
      readFile: async (file, baseDir) => {
        if (file === 'tiles.ts') return tilesSource();
        return readFile(join(baseDir, file), 'utf8').catch(() => null);
      },
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

async function embed(folder, name, binary) {
  const base64 = Buffer.from(binary).toString('base64');
  await writeIfChanged(folder, `${name}.ts`, `export const binary =\n  '${base64}';\n`);
}

/** SHA-256 over both binaries and the TypeScript that drives them: workers of one run must agree on it. */
async function digestOf(binaries) {
  const hash = createHash('sha256');
  for (const binary of binaries) hash.update(binary);
  const names = (await readdir(engine, { recursive: true })).filter((name) => name.endsWith('.ts')).sort();
  for (const name of names) {
    if (name.startsWith('generated')) continue;
    hash.update(name.replaceAll('\\', '/')).update(await readFile(join(engine, name)));
  }
  return hash.digest('hex');
}

try {
  await mkdir(engineGenerated, { recursive: true });
  await mkdir(protocolGenerated, { recursive: true });
  const portable = await compile('index.ts', 'portable', ['simd']);
  refuseRelaxedOpcodes(portable);
  const fused = await compile('index.ts', 'fused', ['simd', 'relaxed-simd']);
  const checksum = await compile('checksum.ts', 'checksum', []);
  await embed(engineGenerated, 'portable', portable);
  await embed(engineGenerated, 'fused', fused);
  await embed(protocolGenerated, 'checksum', checksum);
  const digest = await digestOf([portable, fused]);
  await writeIfChanged(engineGenerated, 'engine_digest.ts', `export const engineDigest = '${digest}';\n`);
  const sizes = `portable ${portable.length} bytes, fused ${fused.length} bytes, checksum ${checksum.length} bytes`;
  console.log(`kernels: ${sizes}, engine ${digest.slice(0, 12)}`);
} catch (error) {
  await rm(engineGenerated, { recursive: true, force: true });
  await rm(protocolGenerated, { recursive: true, force: true });
  console.error(`kernels: ${error.message}`);
  process.exitCode = 1;
}
