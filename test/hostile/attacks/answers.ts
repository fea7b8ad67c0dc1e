// Workers that lie: in what they computed, in what they measured, in what they were lent.

import type { Contribution } from '../../../shared/protocol/messages.ts';
import type { Attack } from '../attack.ts';
import { type Answer, type Lie, RogueWorker } from '../attacker/rogue_worker.ts';
import { stepOf } from '../attacker/steps.ts';

/** A gradient changed number by number. */
const eachNumber =
  (change: (value: number, index: number) => number): Lie =>
  ({ contribution, gradient }) => {
    const values = new Float32Array(gradient.buffer.slice(gradient.byteOffset, gradient.byteOffset + gradient.length));
    return { contribution, gradient: new Uint8Array(values.map(change).buffer) };
  };

const sums =
  (change: (contribution: Contribution) => Partial<Contribution>): Lie =>
  ({ contribution, gradient }) => ({ contribution: { ...contribution, ...change(contribution) }, gradient });

const accuracy = (value: number): Lie => sums(() => ({ metricSums: { accuracy: value } }));

/** In turn, so that each is tried before the connection is closed. */
const inTurn = (...lies: readonly Lie[]): Lie => {
  let next = 0;
  return (answer) => (lies[next++ % lies.length] ?? ((same: Answer) => same))(answer);
};

const caught = /^closed (4400|4403|4413|4422)$/;

/** An attack by a worker that answers rightly at first and lies from then on. */
function liar(
  name: string,
  of: { readonly line: Attack['line']; readonly lie: () => Lie; readonly honest?: number },
): Attack {
  const { line, lie, honest = 0 } = of;
  return {
    name,
    line,
    needs: 'worker token',
    told: caught,
    async run(target, control) {
      using worker = await RogueWorker.join(target, control);
      return await worker.lie(lie(), honest);
    },
  };
}

/** As `liar`, about evaluations alone; gradients are right. A run that does not ask strangers cannot be lied to. */
function falseEvaluation(name: string, line: Attack['line'], lie: () => Lie): Attack {
  return {
    name,
    line,
    needs: 'worker token',
    // The third lie that is found out ends the connection; an epoch may ask for fewer.
    told: /^(closed (4400|4403|4422)|never asked|lied [12] times)$/,
    async run(target, control) {
      using worker = await RogueWorker.join(target, control);
      const tell = lie();
      const last = (await stepOf(target, control)) + stepsOfAnEpoch;
      let lies = 0;
      for (let step = 0; step < last; ) {
        const received = await worker.next('lease');
        if (received === undefined) return worker.closed;
        const { work } = received.message;
        step = work.step;
        const right = worker.compute(received.message, received.payload);
        if (right === undefined) continue;
        if (work.kind === 'evaluation') lies += 1;
        worker.answer(work.kind === 'evaluation' ? tell(right) : right);
      }
      return lies === 0 ? 'never asked' : `lied ${lies} times`;
    },
  };
}

/** With the mini-batches of the suite's job, and some more. */
const stepsOfAnEpoch = 125;

const huge = 3.4e38;

export const answers: readonly Attack[] = [
  liar('metrics that are no numbers', {
    line: 7,
    lie: () => inTurn(accuracy(Number.NaN), accuracy(Number.POSITIVE_INFINITY), accuracy(Number.NEGATIVE_INFINITY)),
  }),
  liar('metrics that cannot be', {
    line: 7,
    lie: () =>
      inTurn(
        sums(({ samples }) => ({ metricSums: { accuracy: samples + 1 } })),
        accuracy(-1),
        accuracy(0.5),
        accuracy(1e308),
      ),
  }),
  liar('losses whose sum is not finite', {
    line: 7,
    lie: () => inTurn(...[1.7e308, -1.7e308, Number.NaN, -1].map((lossSum) => sums(() => ({ lossSum })))),
  }),
  falseEvaluation('evaluations that are no numbers', 7, () => accuracy(Number.NaN)),
  falseEvaluation('evaluations whose sum is not finite', 7, () => sums(() => ({ lossSum: 1.7e308 }))),
  falseEvaluation('evaluations of a hundred per cent', 10, () =>
    sums(({ samples }) => ({ lossSum: 0, metricSums: { accuracy: samples } })),
  ),
  falseEvaluation('evaluations that are a little too good', 10, () =>
    sums(({ lossSum, metricSums, samples }) => ({
      lossSum: lossSum * 0.9,
      metricSums: { accuracy: Math.min(samples, (metricSums.accuracy ?? 0) + 3) },
    })),
  ),
  falseEvaluation('evaluations of nothing', 10, () => sums(() => ({ lossSum: 0, metricSums: { accuracy: 0 } }))),
  liar('a gradient of thousands', { line: 8, lie: () => eachNumber(() => 1_000), honest: 8 }),
  liar('a gradient of the largest numbers', {
    line: 8,
    lie: () => eachNumber((_, index) => (index % 2 ? huge : -huge)),
    honest: 8,
  }),
  liar('a gradient with one huge number', {
    line: 8,
    lie: () => eachNumber((value, index) => (index === 7 ? 1e30 : value)),
    honest: 8,
  }),
  // A thousand times are not beyond what an honest run has seen: late in it, the gradient of one microbatch is often far less
  // than a thousandth of another's. Such a lie is one of those that only a replay finds.
  liar('a gradient that is a billion times too long', {
    line: 8,
    lie: () => eachNumber((value) => 1e9 * value),
    honest: 8,
  }),
  liar('a gradient of NaN', { line: 8, lie: () => eachNumber((value, index) => (index === 0 ? Number.NaN : value)) }),
  liar('zeros, at once', {
    line: 9,
    lie: () => (answer) => eachNumber(() => 0)(sums(() => ({ lossSum: 0, metricSums: { accuracy: 0 } }))(answer)),
  }),
  liar('noise, from the first answer on', { line: 9, lie: () => eachNumber(() => Math.random() - 0.5) }),
  liar('gradients one bit off, from the first answer on', {
    line: 9,
    lie:
      () =>
      ({ contribution, gradient }) => {
        const changed = new Uint8Array(gradient);
        changed[0] = (changed[0] ?? 0) ^ 1;
        return { contribution, gradient: changed };
      },
  }),
  liar('losses one bit off, from the first answer on', {
    line: 9,
    lie: () => sums(({ lossSum }) => ({ lossSum: lossSum * (1 + Number.EPSILON) })),
  }),
  liar('gradients upside down, from the first answer on', { line: 9, lie: () => eachNumber((value) => -value) }),
  {
    name: 'zeros without a computation, from many at once',
    line: 9,
    needs: 'worker token',
    told: /^(closed (4400|4403|4422|4429)|HTTP 503)(, (closed (4400|4403|4422|4429)|HTTP 503))*$/,
    async run(target, control) {
      const idle = async () => {
        using worker = await RogueWorker.join(target, control);
        for (;;) {
          const lease = await worker.next('lease');
          if (lease === undefined) return worker.closed;
          worker.answer(worker.idleAnswer(lease.message));
        }
      };
      const ends = await Promise.all(Array.from({ length: 8 }, () => idle().catch((error: Error) => error.message)));
      return [...new Set(ends)].join(', ');
    },
  },
  {
    name: 'a false answer when others have been counted',
    line: 9,
    needs: 'worker token',
    told: /^(closed (4400|4403|4422)|never counted)$/,
    async run(target, control) {
      using worker = await RogueWorker.join(target, control);
      const lie = eachNumber((value, index) => (index === 0 ? value + 1 : value));
      for (let lies = 0; lies < 5; lies++) {
        const received = await worker.next('lease');
        if (received === undefined) return await worker.closed;
        const right = worker.compute(received.message, received.payload);
        while ((await stepOf(target, control)) <= received.message.work.step && !worker.isClosed);
        if (right !== undefined) worker.answer(lie(right));
      }
      return worker.isClosed ? await worker.closed : 'never counted';
    },
  },
];
