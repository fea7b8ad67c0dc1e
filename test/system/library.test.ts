// The library as a program uses it: README's example as it is printed, and the types of the built package.

import { execFile } from 'node:child_process';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from './processes.ts';

const execute = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));

/** Where `gradswarm` can be imported as if it were installed. */
async function consumer() {
  const folder = await temporaryFolder();
  await mkdir(join(folder.path, 'node_modules'));
  await symlink(root, join(folder.path, 'node_modules/gradswarm'));
  await writeFile(join(folder.path, 'package.json'), '{ "private": true, "type": "module" }');
  return folder;
}

async function example(): Promise<string> {
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  const [, code = ''] = /## As a library\n.*?```ts\n(.*?)```/s.exec(readme) ?? [];
  return code;
}

describe('README’s example of the library', () => {
  it('has at most 25 lines', async () => {
    const lines = (await example()).trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(10);
    expect(lines.length).toBeLessThanOrEqual(25);
  });

  it('runs as it is printed', async () => {
    await using folder = await consumer();
    const script = join(folder.path, 'example.mjs');
    await writeFile(script, await example());
    const { stdout } = await execute(process.execPath, [script], { cwd: folder.path });
    expect(stdout.match(/^epoch \d+: [01]\.?\d*$/gm)).toHaveLength(20);
    expect(stdout).toMatch(/Int32Array\(2\) \[ 1, 0 \] [0-9a-f]{64}\n$/);
  });
});

const program = `
import { type DefinedJob, defineJob, dense, importModel, loadModel, type PredictedSample, relu, train } from 'gradswarm';

const job: DefinedJob = defineJob({
  name: 'typed',
  data: { source: 'mnist' },
  model: [dense(10), relu(), dense(10)],
  loss: 'softmax-cross-entropy',
  optimizer: { kind: 'sgd', learningRate: 0.1 },
  batchSize: 10,
  steps: 1,
  numerics: 'portable',
});
for await (const event of train(job)) if (event.type === 'step') console.log(event.measurement.loss.toFixed(2));
const model = await loadModel('runs/typed');
const { values }: { readonly values: Float32Array } = model.predict(new Uint8Array(784));
const samples: readonly PredictedSample[] = await model.predictFiles(['seven.png']);
console.log(values, samples[0]?.class, samples[0]?.outputs['7']);
for await (const piece of model.generate('once ', { length: 10, temperature: 0 })) console.log(piece.length);
for (const { name, bytes } of model.export('onnx')) console.log(name, bytes.length);
const { data, optimizer } = job.job;
const imported: DefinedJob = await importModel('seven.onnx', { name: 'again', data, optimizer, batchSize: 10, steps: 1, weights: 'w' });
console.log(imported.digest);
// @ts-expect-error: there are no such numerics
defineJob({ ...job.job, model: [dense(1)], numerics: 'exact' });
`;

describe('the package’s types', () => {
  it('serve a program without those of the DOM', async () => {
    await using folder = await consumer();
    await writeFile(join(folder.path, 'program.ts'), program);
    const options = {
      strict: true,
      noEmit: true,
      module: 'nodenext',
      target: 'es2022',
      lib: ['es2023'],
      types: ['node'],
    };
    const compilerOptions = { ...options, skipLibCheck: true, typeRoots: [join(root, 'node_modules/@types')] };
    await writeFile(join(folder.path, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['program.ts'] }));
    const compiler = join(root, 'node_modules/typescript/bin/tsc');
    const { stdout } = await execute(process.execPath, [compiler, '-p', folder.path]).catch((error) => error);
    expect(stdout).toBe('');
  });
});
