// Whatever the network does to a frame changes nothing but time.

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Direction, type Fault, type FaultKind, startFaultProxy } from './fault_proxy.ts';
import { endless, startCoordinator, startWorker, temporaryFolder } from './processes.ts';
import { digestsOf, Reference } from './reference.ts';

const job = ['mnist-mlp', '--set', 'batchSize=100'];
const reference = new Reference(job);
const directions: readonly Direction[] = ['to coordinator', 'to worker'];

interface Plan {
  readonly faults: readonly Fault[];
  readonly workers: number;
  /** What the coordinator has to say before the run is stopped. */
  readonly said?: RegExp | undefined;
}

/**
 * Trains with workers behind a proxy until all faults have fired and the run has gone on after them.
 * @throws if the parameters are ever other than those of one process alone
 */
async function trainThrough({ faults, workers: count, said }: Plan): Promise<string> {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'run');
  const { command, url, advanced } = await startCoordinator(...job, ...endless, '--no-own-share', '--run', path);
  const proxy = await startFaultProxy(url, faults);
  const workers = Array.from({ length: count }, () => startWorker(proxy.url));
  try {
    await proxy.allFired;
    if (said !== undefined) await command.match(said);
    await advanced(10);
    const { step, output } = await command.stop();
    expect(new Set(proxy.fired)).toEqual(new Set(faults));
    expect(await digestsOf(path)).toEqual(await reference.digests(step));
    return output;
  } finally {
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
    await trainThrough({ faults, workers: 2, said: noticed[kind] });
  });
});

it('the rest of a frame may never come: the connection is given up after 20 s and more, and made anew', async () => {
  const output = await trainThrough({
    faults: [{ direction: 'to coordinator', kind: 'truncate', frame: 20 }],
    workers: 1,
    said: /worker \w+ left \(only \d+ bytes of a message of \d+ have come in \d+ s\), 0 workers on/,
  });
  expect(output).toMatch(/no workers: waiting until one connects/);
});

it('all of it in one run changes nothing but time', async () => {
  const kinds = Object.keys(noticed).concat('delay', 'duplicate') as FaultKind[];
  const faults = directions.flatMap((direction) =>
    kinds.map((kind, index) => ({ direction, kind, frame: 10 + 8 * index })),
  );
  await trainThrough({ faults, workers: 2 });
});
