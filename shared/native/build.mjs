// Builds the native twins of kernels with whatever C compiler there is: one object for each instruction set and numerics
// profile, all in one addon of Node-API, native/generated/PLATFORM-ARCHITECTURE.node. Without a compiler it says so, and the
// engine is WebAssembly. `--prebuilt` builds for the machines whose addons are published, each with the compiler that Debian has
// for it.

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { include_dir as headers } from 'node-api-headers';
import { contractOf } from '../kernels/contract.mjs';
import { instructionSets } from './instruction_sets.mjs';
import { callsHeader, kernelsHeader, kernelsIn, variantSource } from './sources.mjs';

const run = promisify(execFile);
const here = fileURLToPath(new URL('.', import.meta.url));
const generated = join(here, 'generated');
/** Where the built TypeScript looks, and what is published. */
const published = fileURLToPath(new URL('../../dist/shared/native/generated/', import.meta.url));

/**
 * Never -ffast-math, and no contraction, which fuses multiplications with additions where the source does not (GCC's default,
 * and it changed bits on ARM); subnormal numbers stay what they are. That nobody looks at errno or at exceptions' flags changes
 * no value. Without ivopts a tile adds to one index at each k instead of to a pointer for each row.
 */
const flags = [
  '-std=gnu11',
  '-O3',
  '-fPIC',
  '-ffp-contract=off',
  '-fno-strict-aliasing',
  '-fvisibility=hidden',
  '-fno-math-errno',
  '-fno-trapping-math',
  '-fno-ivopts',
  '-fno-builtin-exp',
  '-fno-builtin-tanh',
  '-Wall',
  '-Wextra',
];

const linking = new Map([
  ['linux', ['-shared', '-lm']],
  ['darwin', ['-bundle', '-undefined', 'dynamic_lookup']],
]);

/** What compiles the published addons where they are not the machine's own. */
const crossCompilers = new Map([
  ['linux-x64', 'x86_64-linux-gnu-gcc'],
  ['linux-arm64', 'aarch64-linux-gnu-gcc'],
]);

async function readAll(folder, ending) {
  const names = (await readdir(folder)).filter((name) => name.endsWith(ending)).sort();
  return Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')]));
}

/** The C files of kernels, and what the contract says of the kernels in them. */
async function kernelFiles() {
  const sources = (await readAll(here, '.c')).filter(([name]) => name !== 'addon.c');
  const assembly = await readAll(join(here, '../kernels'), '.ts');
  const contract = new Map(
    contractOf(assembly.map(([name, text]) => [name.slice(0, -3), text])).map((kernel) => [kernel.name, kernel]),
  );
  const kernels = sources.flatMap(([file, text]) =>
    kernelsIn(text).map((name) => contract.get(name) ?? fail(`${file}: there is no WebAssembly kernel ${name}`)),
  );
  return { files: sources.map(([name]) => name), kernels };
}

function fail(what) {
  throw new Error(what);
}

/** What the addon is made of: with the same digest it is the same. */
async function digestOf(compiler, sets) {
  const { stdout } = await run(compiler, ['-v', '--version']);
  const hash = createHash('sha256').update(JSON.stringify([stdout, flags, sets]));
  for (const ending of ['.c', '.h', '.mjs']) hash.update(JSON.stringify(await readAll(here, ending)));
  for (const [, text] of await readAll(join(here, '../kernels'), '.ts')) hash.update(text);
  return hash.digest('hex');
}

/** Compiles and links in a folder of its own; the result is the addon's path there. */
async function compile(compiler, platform, sets, folder) {
  const { files, kernels } = await kernelFiles();
  await writeFile(join(folder, 'kernels.h'), kernelsHeader(kernels));
  await writeFile(join(folder, 'calls.h'), callsHeader(kernels, sets));
  await writeFile(join(folder, 'variant.c'), variantSource(files, kernels));
  const includes = [`-I${folder}`, `-I${here}`];
  const objects = sets.flatMap(({ name, flags: own, profiles }) =>
    profiles.map((profile) => ({
      output: join(folder, `${name}_${profile}.o`),
      given: [
        ...own,
        `-DVARIANT=${name}_${profile}`,
        `-DFUSED=${Number(profile === 'fused')}`,
        join(folder, 'variant.c'),
      ],
    })),
  );
  objects.push({ output: join(folder, 'addon.o'), given: [`-I${headers}`, '-DNAPI_VERSION=8', join(here, 'addon.c')] });
  await Promise.all(
    objects.map(({ output, given }) => run(compiler, [...flags, ...includes, ...given, '-c', '-o', output])),
  );
  const addon = join(folder, 'addon.node');
  await run(compiler, ['-o', addon, ...objects.map(({ output }) => output), ...linking.get(platform)]);
  return { addon, count: kernels.length };
}

/** Moves a copy into place at once: a process may have the file that it replaces loaded. */
async function place(file, folder, name) {
  await mkdir(folder, { recursive: true });
  const temporary = join(folder, `.${name}.${process.pid}`);
  await copyFile(file, temporary);
  await rename(temporary, join(folder, name));
}

async function build(compiler, target) {
  const [platform, architecture] = target.split('-');
  const sets = instructionSets[architecture];
  if (sets === undefined || !linking.has(platform)) return `there are none for ${target}: the engine is WebAssembly`;
  const digest = await digestOf(compiler, sets).catch(() => undefined);
  if (digest === undefined) return `there is no C compiler for ${target} (${compiler}): the engine is WebAssembly`;
  const [name, stamp] = [`${target}.node`, join(generated, `${target}.digest`)];
  const upToDate = (await readFile(stamp, 'utf8').catch(() => '')) === digest;
  let what = 'unchanged';
  if (!upToDate) {
    const folder = await mkdtemp(join(tmpdir(), 'gradswarm-native-'));
    try {
      const { addon, count } = await compile(compiler, platform, sets, folder);
      await place(addon, generated, name);
      what = `${count} kernels`;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
    await writeFile(stamp, digest);
  }
  await place(join(generated, name), published, name);
  return `${what}, for ${sets.map((set) => set.name).join(', ')}`;
}

const { values } = parseArgs({ options: { prebuilt: { type: 'boolean', default: false } } });
const host = `${process.platform}-${process.arch}`;
const targets = values.prebuilt ? [...crossCompilers.keys()] : [host];
for (const target of targets) {
  const compiler = target === host ? (process.env.CC ?? 'cc') : crossCompilers.get(target);
  try {
    console.log(`native kernels: ${await build(compiler, target)}`);
  } catch (error) {
    const reason = error.stderr?.split('\n').find((line) => /error/.test(line)) ?? error.message.split('\n', 1)[0];
    console.log(`native kernels: they do not compile for ${target} (${reason}): the engine is WebAssembly`);
  }
}
