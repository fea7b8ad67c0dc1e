// The run's border: what workers send over real sockets, the honest and the others.

import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { prepareJob } from '../../../coordinator/computation/prepared_job.ts';
import { type Coordinator, startCoordinator } from '../../../coordinator/coordinator.ts';
import type { OwnShareMode } from '../../../coordinator/run/own_share.ts';
import type { WorkerChange } from '../../../coordinator/run/run_events.ts';
import { createToWorkerDecoder } from '../../../shared/protocol/decode.ts';
import { encodeToCoordinator } from '../../../shared/protocol/encode.ts';
import {
  type Contribution,
  type Lease,
  protocolVersion,
  type ToCoordinator,
} from '../../../shared/protocol/messages.ts';
import { runNodeWorker } from '../../../worker/process/node_worker.ts';
import { openEngine } from '../../../worker/session/engine.ts';
import { withBitFlipped } from '../../shared/protocol/samples.ts';
import { tinyDataSet, tinyJob } from '../tiny_job.ts';

const coordinators: Coordinator[] = [];

afterEach(async () => {
  for (const coordinator of coordinators.splice(0)) await coordinator.close();
});

async function start(ownShare: OwnShareMode = 'nothing') {
  const prepared = await prepareJob(tinyJob, tinyDataSet);
  const changes: WorkerChange[] = [];
  const run = await startCoordinator({
    prepared,
    listen: { host: '127.0.0.1', port: 0 },
    ownShare,
    onEvent: (event) => {
      if (event.type === 'worker') changes.push(event.change);
    },
  });
  coordinators.push(run);
  return { run, prepared, changes, url: new URL('worker', run.url) };
}

async function honestWorker(url: URL): Promise<void> {
  const { signal } = new AbortController();
  await runNodeWorker({ url, engine: await openEngine(), retryFor: 0, signal, onEvent: () => undefined });
}

async function referenceDigest(): Promise<string> {
  const { run, prepared } = await start('everything');
  await run.outcome;
  return prepared.state.parametersDigest;
}

interface Answer {
  readonly message: ToCoordinator;
  readonly payload?: Uint8Array;
}

/**
 * Says hello as a worker would, answers its leases with `answer`, and tells what it was warned of and how it was closed.
 * The answers' frames pass through `carry` on their way.
 */
async function rogue(url: URL, answer: (lease: Lease) => readonly Answer[], carry = (frame: Uint8Array) => frame) {
  const { digest, probes } = await openEngine();
  const socket = new WebSocket(url);
  await once(socket, 'open');
  const decoder = createToWorkerDecoder({ maximumPayload: 2 ** 20 });
  let answered = 0;
  const warnings: string[] = [];
  socket.on('message', (frame: Buffer) => {
    const message = decoder.push(frame)?.message;
    if (message?.type === 'warning') warnings.push(message.reason);
    if (message?.type !== 'lease') return;
    answered += 1;
    for (const { message: reply, payload } of answer(message)) {
      for (const each of encodeToCoordinator(reply, payload)) socket.send(carry(each));
    }
  });
  const hello = {
    type: 'hello',
    protocol: protocolVersion,
    engineDigest: digest,
    probes,
    kind: 'node',
    cores: 1,
  } as const;
  for (const frame of encodeToCoordinator(hello)) socket.send(frame);
  const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
  return { code, reason: reason.toString(), answered, warnings };
}

const parameterBytes = 4 * (6 * 5 + 5 + 5 * 3 + 3);

const contribution = ({ lease, work, samples: count }: Lease): Contribution => ({
  type: 'contribution',
  lease,
  work,
  samples: count,
  lossSum: 1,
  metricSums: { accuracy: 0 },
  milliseconds: 1,
});

const zeros = () => new Uint8Array(parameterBytes);
const gradientOf = (value: number) => new Uint8Array(new Float32Array(parameterBytes / 4).fill(value).buffer);

const lies: readonly [string, (lease: Lease) => readonly Answer[], RegExp][] = [
  [
    'a gradient that is not finite',
    (lease) => [{ message: contribution(lease), payload: gradientOf(Number.NaN) }],
    /not finite/,
  ],
  [
    'an infinite loss',
    (lease) => [{ message: { ...contribution(lease), lossSum: Infinity }, payload: zeros() }],
    /not finite/,
  ],
  [
    'a metric that is not a number',
    (lease) => [{ message: { ...contribution(lease), metricSums: { accuracy: Number.NaN } }, payload: zeros() }],
    /not finite/,
  ],
  [
    'more hits than samples',
    (lease) => [{ message: { ...contribution(lease), metricSums: { accuracy: lease.samples + 1 } }, payload: zeros() }],
    /accuracy \d+ over \d+ samples: impossible/,
  ],
  [
    'a gradient of another length',
    (lease) => [{ message: contribution(lease), payload: new Uint8Array(8) }],
    /8 bytes: expected 212/,
  ],
  ['no gradient', (lease) => [{ message: contribution(lease) }], /0 bytes: expected 212/],
  [
    'another lease',
    (lease) => Array(3).fill({ message: { ...contribution(lease), lease: 999 }, payload: zeros() }),
    /does not hold/,
  ],
  [
    'another step',
    (lease) => [
      { message: { ...contribution(lease), work: { ...lease.work, step: lease.work.step + 1 } }, payload: zeros() },
    ],
    /repeat/,
  ],
  [
    'another number of samples',
    (lease) => [{ message: { ...contribution(lease), samples: 1000 }, payload: zeros() }],
    /repeat/,
  ],
  [
    'other metrics',
    (lease) => [{ message: { ...contribution(lease), metricSums: {} }, payload: zeros() }],
    /expected accuracy/,
  ],
];

describe('Run', () => {
  it.each(lies)(
    'warns a worker that sends %s, then drops it, and ends with the bits of an undisturbed run',
    async (_, answer, reason) => {
      const { run, prepared, changes, url } = await start();
      const closed = await rogue(url, answer);
      expect(closed.code).toBe(4400);
      for (const words of [...closed.warnings, closed.reason]) expect(words).toMatch(reason);
      expect(closed.warnings).toHaveLength(2);
      await honestWorker(url);
      await run.outcome;
      const types = changes.map(({ type }) => type);
      expect(types).toEqual(['joined', 'warned', 'warned', 'warned', 'left', 'joined']);
      expect(prepared.state.parametersDigest).toBe(await referenceDigest());
      expect(run.holdings).toEqual({ leases: 0, gradients: 0, workers: 1 });
    },
  );

  it('drops a worker that says hello twice', async () => {
    const { run, url } = await start();
    const hello = {
      type: 'hello',
      protocol: protocolVersion,
      engineDigest: 'e0',
      probes: { portable: 'a0' },
      kind: 'node',
      cores: 1,
    };
    const closed = await rogue(url, () => [{ message: hello as ToCoordinator }]);
    expect(closed).toMatchObject({ code: 4400, reason: 'hello twice', answered: 1 });
    run.stop();
  });

  it('lends again what was answered with a bit changed on the way, and never trains on it', async () => {
    const { run, prepared, url } = await start();
    const closed = await rogue(
      url,
      (lease) => [{ message: contribution(lease), payload: gradientOf(1) }],
      (frame) => withBitFlipped(frame, 8 * (frame.length - 1)),
    );
    expect(closed).toEqual({
      code: 4410,
      reason: 'frame with a wrong checksum of its payload: bytes were changed on the way',
      answered: 1,
      warnings: [],
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
      protocol: protocolVersion,
      engineDigest: '0e',
      probes: { portable: 'a0' },
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
