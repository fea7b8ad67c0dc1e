// The run's border: what workers send over real sockets, the honest and the others.

import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { prepareJob } from '../../coordinator/prepared_job.ts';
import { Run, type WorkerChange } from '../../coordinator/run.ts';
import { type CoordinatorServer, listen } from '../../coordinator/server.ts';
import type { DataSet } from '../../shared/data/data_set.ts';
import { parseJob } from '../../shared/job/job.ts';
import { createToWorkerDecoder } from '../../shared/protocol/decode.ts';
import { encodeToCoordinator } from '../../shared/protocol/encode.ts';
import type { Contribution, Lease, ToCoordinator } from '../../shared/protocol/messages.ts';
import { openEngine } from '../../worker/engine.ts';
import { runNodeWorker } from '../../worker/node_worker.ts';
import { testValues } from '../shared/kernels/profiles.ts';
import { withBitFlipped } from '../shared/protocol/samples.ts';

const samples = (count: number, seed: number) => ({
  count,
  fields: [
    Uint8Array.from(testValues(count * 6, seed), (x) => (x + 1) * 127),
    Uint8Array.from({ length: count }, (_, index) => index % 3),
  ],
});

const dataSet: DataSet = {
  name: 'tiny',
  digest: 'none',
  fields: [
    { name: 'features', type: 'u8', shape: [6] },
    { name: 'labels', type: 'u8', shape: [], classes: 3 },
  ],
  training: samples(40, 1),
  validation: samples(0, 2),
  test: samples(10, 3),
};

const job = parseJob(
  {
    name: 'tiny',
    data: { source: 'mnist' },
    model: { layers: [{ type: 'dense', units: 5 }, { type: 'tanh' }, { type: 'dense', units: 3 }] },
    loss: 'softmax-cross-entropy',
    optimizer: { kind: 'sgd', learningRate: 0.1, momentum: 0.9 },
    batchSize: 16,
    microbatchSize: 3,
    epochs: 4,
  },
  'test',
);

const servers: CoordinatorServer[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function start(inProcess = false) {
  const prepared = await prepareJob(job, dataSet);
  const changes: WorkerChange[] = [];
  const listener = { onWorkers: (change: WorkerChange) => changes.push(change) };
  const run = new Run({ prepared, firstStep: 0, evaluatedStep: 0, inProcess, listener });
  const server = await listen({
    host: '127.0.0.1',
    port: 0,
    onSocket: (socket, address) => run.accept(socket, address),
    status: () => ({}),
  });
  servers.push(server);
  run.start();
  return { run, prepared, changes, url: new URL(`ws://127.0.0.1:${server.port}`) };
}

async function honestWorker(url: URL): Promise<void> {
  const { signal } = new AbortController();
  await runNodeWorker({ url, engine: await openEngine(), retryFor: 0, signal, onEvent: () => undefined });
}

async function referenceDigest(): Promise<string> {
  const { run, prepared } = await start(true);
  await run.outcome;
  return prepared.state.parametersDigest;
}

/**
 * Says hello as a worker would, answers its first training lease with `answer`, and tells how it was closed. The answer's
 * frame passes through `carry` on its way.
 */
async function rogue(
  url: URL,
  answer: (lease: Lease) => { message: ToCoordinator; payload?: Uint8Array },
  carry = (frame: Uint8Array) => frame,
) {
  const { digest, probes } = await openEngine();
  const socket = new WebSocket(url);
  await once(socket, 'open');
  const decoder = createToWorkerDecoder({ maximumPayload: 2 ** 20 });
  let answered = 0;
  socket.on('message', (frame: Buffer) => {
    const message = decoder.push(frame)?.message;
    if (message?.type !== 'lease') return;
    answered += 1;
    const { message: reply, payload } = answer(message);
    for (const each of encodeToCoordinator(reply, payload)) socket.send(carry(each));
  });
  const hello = { type: 'hello', protocol: 1, engineDigest: digest, probes, kind: 'node', cores: 1 } as const;
  for (const frame of encodeToCoordinator(hello)) socket.send(frame);
  const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
  return { code, reason: reason.toString(), answered };
}

const parameterBytes = 4 * (6 * 5 + 5 + 5 * 3 + 3);

const contribution = ({ lease, step, shard, samples: count }: Lease): Contribution => ({
  type: 'contribution',
  lease,
  step,
  shard,
  samples: count,
  lossSum: 1,
  metricSums: { accuracy: 0 },
  milliseconds: 1,
});

const zeros = () => new Uint8Array(parameterBytes);
const gradientOf = (value: number) => new Uint8Array(new Float32Array(parameterBytes / 4).fill(value).buffer);

const lies: readonly [string, (lease: Lease) => { message: ToCoordinator; payload?: Uint8Array }, RegExp][] = [
  [
    'a gradient that is not finite',
    (lease) => ({ message: contribution(lease), payload: gradientOf(Number.NaN) }),
    /not finite/,
  ],
  [
    'an infinite loss',
    (lease) => ({ message: { ...contribution(lease), lossSum: Infinity }, payload: zeros() }),
    /not finite/,
  ],
  [
    'a gradient of another length',
    (lease) => ({ message: contribution(lease), payload: new Uint8Array(8) }),
    /8 bytes, expected 212/,
  ],
  ['no gradient', (lease) => ({ message: contribution(lease) }), /no gradient/],
  [
    'another lease',
    (lease) => ({ message: { ...contribution(lease), lease: 999 }, payload: zeros() }),
    /does not hold/,
  ],
  [
    'another step',
    (lease) => ({ message: { ...contribution(lease), step: lease.step + 1 }, payload: zeros() }),
    /repeat/,
  ],
  [
    'another number of samples',
    (lease) => ({ message: { ...contribution(lease), samples: 1000 }, payload: zeros() }),
    /repeat/,
  ],
  [
    'other metrics',
    (lease) => ({ message: { ...contribution(lease), metricSums: {} }, payload: zeros() }),
    /expected accuracy/,
  ],
  [
    'a second hello',
    () => ({
      message: { type: 'hello', protocol: 1, engineDigest: 'x', probes: { portable: 'x' }, kind: 'node', cores: 1 },
    }),
    /hello twice/,
  ],
];

describe('Run', () => {
  it.each(lies)(
    'drops a worker that sends %s, and ends with the bits of an undisturbed run',
    async (_, answer, reason) => {
      const { run, prepared, changes, url } = await start();
      const closed = await rogue(url, answer);
      expect(closed.answered).toBe(1);
      expect(closed.code).toBe(4400);
      expect(closed.reason).toMatch(reason);
      await honestWorker(url);
      await run.outcome;
      expect(changes.map(({ type }) => type)).toEqual(['joined', 'left', 'joined']);
      expect(prepared.state.parametersDigest).toBe(await referenceDigest());
    },
  );

  it('lends again what was answered with a bit changed on the way, and never trains on it', async () => {
    const { run, prepared, url } = await start();
    const closed = await rogue(
      url,
      (lease) => ({ message: contribution(lease), payload: gradientOf(1) }),
      (frame) => withBitFlipped(frame, 8 * (frame.length - 1)),
    );
    expect(closed).toEqual({
      code: 4410,
      reason: 'frame with a wrong checksum of its payload: bytes were changed on the way',
      answered: 1,
    });
    await honestWorker(url);
    await run.outcome;
    expect(prepared.state.parametersDigest).toBe(await referenceDigest());
  });

  it('sends a worker of another engine away for good', async () => {
    const { url, changes, run } = await start();
    const socket = new WebSocket(url);
    await once(socket, 'open');
    const hello = {
      type: 'hello',
      protocol: 1,
      engineDigest: 'other',
      probes: { portable: 'x' },
      kind: 'node',
      cores: 1,
    } as const;
    for (const frame of encodeToCoordinator(hello)) socket.send(frame);
    const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
    expect(code).toBe(4407);
    expect(reason.toString()).toMatch(/install the same gradswarm version/);
    expect(changes).toEqual([]);
    run.stop();
  });

  it('closes a text frame and a frame of noise', async () => {
    const { url, run } = await start();
    for (const noise of ['hello', Buffer.from([255, 255, 255, 255, 0])]) {
      const socket = new WebSocket(url);
      await once(socket, 'open');
      socket.send(noise);
      const [code] = (await once(socket, 'close')) as [number];
      expect(code).toBe(4400);
    }
    run.stop();
  });
});
