// Whatever the network does to a frame changes nothing but time.

import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Direction, type Fault, type FaultKind, startFaultProxy } from './fault_proxy.ts';
import { digestIn, run, startCoordinator, startWorker, temporaryFolder } from './processes.ts';

const job = ['mnist-mlp', '--set', 'steps=80', '--set', 'batchSize=100'];
const directions: readonly Direction[] = ['to coordinator', 'to worker'];

let reference = '';

beforeAll(async () => {
  await using folder = await temporaryFolder();
  reference = digestIn(await run('train', ...job, '--in-process', '--run', join(folder.path, 'run')));
});

/** Trains on workers behind a proxy; returns what the coordinator printed, and the faults that fired. */
async function trainThrough(faults: readonly Fault[], count = 2) {
  await using folder = await temporaryFolder();
  const { command, url } = await startCoordinator(...job, '--no-own-share', '--run', join(folder.path, 'run'));
  const proxy = await startFaultProxy(url, faults);
  const workers = Array.from({ length: count }, () => startWorker(proxy.url));
  try {
    return { finished: await command.finished, fired: proxy.fired };
  } finally {
    // One that was about to come back when the run ended would wait for the next.
    await Promise.all(workers.map((worker) => worker.kill()));
    await proxy.close();
  }
}

/** What the coordinator says of its worker, where it notices; what it sent itself, the worker notices. */
const noticed: Partial<Record<FaultKind, RegExp>> = {
  'cut within a frame': /worker \w+ left \(connection lost/,
  'cut between frames': /worker \w+ left \(connection lost/,
  'flip a bit of the payload': /worker \w+ left .*(checksum|corrupted)/,
  'flip a bit of the header': /worker \w+ left .*(checksum|corrupted)/,
};

describe.each(directions)('a frame on its way %s', (direction) => {
  it.each<FaultKind>([
    'delay',
    'cut within a frame',
    'cut between frames',
    'duplicate',
    'flip a bit of the payload',
    'flip a bit of the header',
  ])('may meet this: %s', async (kind) => {
    const faults = [20, 45].map((frame) => ({ direction, kind, frame }));
    const { finished, fired } = await trainThrough(faults);
    expect(fired, `${finished.output}${finished.errors}`).toEqual(faults);
    expect(digestIn(finished)).toBe(reference);
    const words = noticed[kind];
    if (words !== undefined) expect(finished.output).toMatch(words);
  });
});

it('the rest of a frame may never come: the connection is given up after 20 s and more, and made anew', async () => {
  const faults = [{ direction: 'to coordinator', kind: 'truncate', frame: 20 } as const];
  const { finished, fired } = await trainThrough(faults, 1);
  expect(fired).toEqual(faults);
  expect(finished.output).toMatch(/worker \w+ left \(a frame of \d+ bytes has not come whole in \d+ s\), 0 workers on/);
  expect(finished.output).toMatch(/no workers: waiting until one connects/);
  expect(digestIn(finished)).toBe(reference);
});

it('all of it in one run changes nothing but time', async () => {
  const kinds = Object.keys(noticed).concat('delay', 'duplicate') as FaultKind[];
  const faults = directions.flatMap((direction) =>
    kinds.map((kind, index) => ({ direction, kind, frame: 10 + 8 * index })),
  );
  const { finished, fired } = await trainThrough(faults);
  expect(new Set(fired)).toEqual(new Set(faults));
  expect(digestIn(finished)).toBe(reference);
});
