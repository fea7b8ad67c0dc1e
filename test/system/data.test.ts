// Data as a user meets them: shown, left on disk, and missing.

import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Command, run, temporaryFolder } from './processes.ts';

describe('gradswarm data', () => {
  it('shows a table in plain lines of at most 80 columns', async () => {
    const { code, output } = await run('data', 'iris');
    expect(code).toBe(0);
    for (const line of output.split('\n')) expect(line).toMatch(/^[ -~…]{0,80}$/);
    expect(output).toMatch(/samples +96 training, 24 validation, 30 test/);
    expect(output).toMatch(/1 versicolor +32 +8 +10/);
  });

  it('names the package that a job needs', async () => {
    const file = 'npm:@nobody/nothing@1.0.0/data.json';
    const { code, errors } = await run('data', 'iris', '--set', `data.training=${file}`);
    expect(code).toBe(1);
    expect(errors.trim()).toBe(
      `error: iris: ${file}: the npm package @nobody/nothing is not installed: run npm install @nobody/nothing@1.0.0`,
    );
  });
});

/** Megabytes that samples may take, and what they take. */
const memory = 12;
const size = 10 * memory;

const features = 3072;

/** An NPY file of bytes, written piece by piece. */
async function writeArray(file: string, shape: readonly number[], piece: Uint8Array): Promise<void> {
  const text = `{'descr': '|u1', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`.padEnd(117).concat('\n');
  await using handle = await open(file, 'w');
  await handle.write(
    Buffer.concat([Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 118, 0]), Buffer.from(text)]),
  );
  const bytes = shape.reduce((product, dimension) => product * dimension, 1);
  for (let written = 0; written < bytes; written += piece.length) {
    await handle.write(piece.subarray(0, Math.min(piece.length, bytes - written)));
  }
}

describe('training on a set of ten times the memory that it is given', () => {
  it('leaves it on disk, and ends with the bits of training from memory', async () => {
    await using folder = await temporaryFolder();
    const place = (name: string) => join(folder.path, name);
    const samples = Math.floor((size * 2 ** 20) / features);
    await writeArray(
      place('x.npy'),
      [samples, features],
      Uint8Array.from({ length: 1_000_003 }, (_, at) => (at * at * 7) >>> 5),
    );
    await writeArray(place('y.npy'), [samples], Uint8Array.of(0, 1, 1, 0, 2));
    const job = {
      name: 'large',
      data: {
        source: 'npy',
        trainingFeatures: 'x.npy',
        trainingLabels: 'y.npy',
        testFraction: 0.01,
        validationSamples: 500,
        normalization: 'standard',
      },
      model: { layers: [{ type: 'dense', units: 3 }] },
      loss: 'softmax-cross-entropy',
      optimizer: { kind: 'sgd', learningRate: 0.001 },
      batchSize: 50,
      steps: 20,
    };
    await writeFile(place('job.json'), JSON.stringify(job));
    // Tells, when the process ends, how much memory it has had at most.
    const report = 'process.on("exit", () => console.error("peak", process.resourceUsage().maxRSS))';
    const trainWith = async (megabytes: number) => {
      const flags = ['--in-process', '--run', place(`run-${megabytes}`), '--data-memory', `${megabytes}`];
      const { code, output, errors } = await new Command(['train', place('job.json'), ...flags], {
        environment: { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(report)}` },
      }).finished;
      expect(code, errors).toBe(0);
      return {
        digest: /parameters SHA-256 (\w{64})/.exec(output)?.[1],
        peak: Number(/peak (\d+)/.exec(errors)?.[1]) / 1024,
      };
    };
    const [onDisk, inMemory] = [await trainWith(memory), await trainWith(1024)];
    expect(onDisk.digest).toMatch(/^\w{64}$/);
    expect(onDisk.digest).toBe(inMemory.digest);
    // Held in memory, samples take at least their size; on disk, what is beyond the limit is not there.
    expect(inMemory.peak - onDisk.peak).toBeGreaterThan(size - memory);
  });
});
