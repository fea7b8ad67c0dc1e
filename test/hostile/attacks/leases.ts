// Answers to leases that are not the worker's, and answers of the wrong shape: refused at their first frame.

import { encodeToCoordinator } from '../../../shared/protocol/encode.ts';
import type { Contribution, Lease } from '../../../shared/protocol/messages.ts';
import type { Attack, Control, Target } from '../attack.ts';
import { type Entry, float, invalidText, map, protocolFrame } from '../attacker/msgpack.ts';
import { type Answer, RogueWorker } from '../attacker/rogue_worker.ts';

const closed = /^closed 4400$/;

/** Changes the terms of an answer, or its payload. */
type Change = (answer: Answer, lease: Lease) => Answer;

const terms =
  (change: (contribution: Contribution, lease: Lease) => Partial<Contribution>): Change =>
  ({ contribution, gradient }, lease) => ({
    contribution: { ...contribution, ...change(contribution, lease) },
    gradient,
  });

const changes: readonly Change[] = [
  terms(({ lease }) => ({ lease: lease + 1_000_000 })),
  terms(() => ({ lease: 0 })),
  terms(({ work }) => ({ work: { ...work, step: work.step + 1 } })),
  terms(({ work }) => ({ work: { ...work, shard: { first: 0, count: 1_024 } } })),
  terms(({ work }) => ({
    work: { kind: work.kind === 'gradient' ? 'evaluation' : 'gradient', step: 0, shard: work.shard },
  })),
  terms(({ samples }) => ({ samples: samples + 1 })),
  terms(() => ({ metricSums: {} })),
  terms(() => ({ metricSums: { accuracy: 1, precision: 1 } })),
  ({ contribution, gradient }) => ({ contribution, gradient: gradient.subarray(4) }),
  ({ contribution }) => ({ contribution, gradient: new Uint8Array(0) }),
  ({ contribution, gradient }) => ({ contribution, gradient: new Uint8Array(gradient.length + 4) }),
];

/** Joins, and answers each lease with the next of these changes until the connection ends. */
async function wrongAnswers(target: Target, control: Control, of: readonly Change[]): Promise<string> {
  using worker = await RogueWorker.join(target, control);
  for (let next = 0; ; next++) {
    const lease = await worker.next('lease');
    if (lease === undefined) return await worker.closed;
    const change = of[next % of.length];
    if (change !== undefined) worker.answer(change(worker.idleAnswer(lease.message), lease.message));
  }
}

/** Joins and sends, again and again, the first frame of an answer to a lease that nobody has, and no more of it. */
async function beginnings(
  target: Target,
  control: Control,
  begin: (real: Lease, gradientBytes: number) => { readonly lease: number; readonly bytes: number },
): Promise<string> {
  using worker = await RogueWorker.join(target, control);
  const received = await worker.next('lease');
  if (received === undefined) return await worker.closed;
  const { contribution } = worker.idleAnswer(received.message);
  const { lease, bytes } = begin(received.message, worker.gradientBytes);
  worker.isMute = true;
  const [first] = encodeToCoordinator({ ...contribution, lease }, new Uint8Array(bytes));
  if (first !== undefined) worker.sendFrames([first]);
  return await Promise.race([
    worker.closed,
    worker.next('warning').then(async (told) => (told === undefined ? worker.closed : 'warned')),
  ]);
}

export const leases: readonly Attack[] = [
  ...changes.map(
    (change, index): Attack => ({
      name: `answers that do not fit their lease, ${index + 1}`,
      line: 'leases',
      needs: 'worker token',
      told: closed,
      run: (target, control) => wrongAnswers(target, control, [change]),
    }),
  ),
  {
    name: 'answers given twice',
    line: 'leases',
    needs: 'worker token',
    told: closed,
    async run(target, control) {
      using worker = await RogueWorker.join(target, control);
      for (;;) {
        const lease = await worker.next('lease');
        if (lease === undefined) return await worker.closed;
        const right = worker.compute(lease.message, lease.payload);
        if (right === undefined) continue;
        worker.answer(right);
        worker.answer(right);
      }
    },
  },
  {
    name: 'answers to another worker’s lease',
    line: 'leases',
    needs: 'worker token',
    told: closed,
    async run(target, control) {
      using one = await RogueWorker.join(target, control);
      using other = await RogueWorker.join(target, control);
      for (;;) {
        const lease = await one.next('lease');
        if (lease === undefined || other.isClosed) return await other.closed;
        const right = one.compute(lease.message, lease.payload);
        if (right === undefined) continue;
        other.answer(right);
        one.answer(right);
      }
    },
  },
  {
    name: 'the beginning of an answer to no lease',
    line: 12,
    needs: 'worker token',
    told: /^(warned|closed (4400|4413))$/,
    run: (target, control) => beginnings(target, control, ({ lease }, bytes) => ({ lease: lease + 1_000_000, bytes })),
  },
  {
    name: 'the beginning of an answer that is too long',
    line: 12,
    needs: 'worker token',
    told: /^(warned|closed (4400|4413))$/,
    run: (target, control) => beginnings(target, control, ({ lease }) => ({ lease, bytes: 1 << 23 })),
  },
  {
    name: 'answers whose metrics have long names',
    line: 3,
    needs: 'worker token',
    told: closed,
    run: (target, control) => longNames(target, control, [[invalidText(15_000), float(1)]]),
  },
  {
    name: 'answers with many metrics of middling names',
    line: 3,
    needs: 'worker token',
    told: closed,
    run: (target, control) =>
      longNames(
        target,
        control,
        Array.from({ length: 60 }, (_, index): Entry => [invalidText(200 + index), float(index)]),
      ),
  },
  {
    name: 'answers whose metrics are named like prototypes',
    line: 3,
    needs: 'worker token',
    told: closed,
    run: (target, control) => longNames(target, control, [['__proto__', map(['accuracy', 1])]]),
  },
];

/** Answers own leases, terms and all, but with these metrics. */
async function longNames(target: Target, control: Control, metrics: readonly Entry[]): Promise<string> {
  using worker = await RogueWorker.join(target, control);
  for (;;) {
    const received = await worker.next('lease');
    if (received === undefined) return await worker.closed;
    const { lease, work, samples } = received.message;
    const { first, count } = work.shard;
    const shard = map(['first', float(first)], ['count', float(count)]);
    const header = map(
      ['type', 'contribution'],
      ['lease', float(lease)],
      ['work', map(['kind', work.kind], ['step', float(work.step)], ['shard', shard])],
      ['samples', float(samples)],
      ['lossSum', float(1)],
      ['metricSums', map(...metrics)],
      ['milliseconds', float(1)],
    );
    worker.sendFrames([protocolFrame(header)]);
  }
}
