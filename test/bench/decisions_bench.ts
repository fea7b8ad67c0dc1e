// What deciding costs: the trainer with its lease book, lender and reduction tree alone, driven through simulated steps;
// and what its decisions are worth when one worker is slow.

import { formatTable, threeDigits } from '../../coordinator/command_line/table.ts';
import type { WorkerId } from '../../coordinator/training/lease.ts';
import { SynchronousSteps } from '../../coordinator/training/synchronous_steps.ts';
import { Trainer } from '../../coordinator/training/trainer.ts';
import type { GradientSlot, TrainerCommand } from '../../coordinator/training/trainer_messages.ts';
import { VirtualTime } from '../simulation/virtual_time.ts';

const microbatchSize = 25;

/** A worker's milliseconds a sample, and a lease. */
interface Nature {
  readonly perSample: number;
  readonly latency: number;
}

interface Outcome {
  /** Microseconds that deciding took, a step. */
  readonly deciding: number;
  /** Virtual milliseconds, a step. */
  readonly duration: number;
}

/** Trains `steps` steps, of which the first tenth does not count. */
function simulateSteps(natures: readonly Nature[], microbatches: number, steps: number): Outcome {
  const warmUp = Math.ceil(steps / 10);
  const synchronisation = new SynchronousSteps({
    totalSteps: warmUp + steps + 1,
    stepsPerEpoch: warmUp + steps + 1,
    microbatchSize,
    firstStep: 0,
    evaluatedStep: 0,
    evaluation: { training: 1, validation: 0, test: 1 },
    samplesInStep: () => microbatches * microbatchSize,
    learningRateAt: () => 1,
  });
  const trainer = new Trainer(synchronisation);
  const time = new VirtualTime();
  let [spent, slots, begun] = [0, 0, 0];
  const handle = (event: Parameters<Trainer['handle']>[0]) => {
    const start = performance.now();
    const commands = trainer.handle(event, time.now);
    spent += performance.now() - start;
    for (const command of commands) execute(command);
  };
  const execute = (command: TrainerCommand) => {
    if (command.type === 'step done' && command.step === warmUp) [spent, begun] = [0, time.now];
    if (command.type !== 'lend') return;
    const { id, worker, samples } = command.lease;
    const { perSample, latency } = natures[Number(worker)] ?? { perSample: 1, latency: 1 };
    const milliseconds = perSample * samples;
    time.after(latency + milliseconds, () => {
      const gradient = slots++ as GradientSlot;
      const sums = { samples, lossSum: 1, metricSums: { accuracy: 1 } };
      const contribution = { lease: id, milliseconds, gradient, digest: 1, ...sums };
      handle({ type: 'contribution', worker, contribution });
    });
  };
  natures.forEach((_, index) => {
    handle({ type: 'worker joined', worker: { id: String(index) as WorkerId, isTrusted: true, source: 'here' } });
  });
  while (trainer.step < warmUp + steps) {
    const deadline = trainer.nextDeadline(time.now) ?? Number.POSITIVE_INFINITY;
    const next = time.next ?? Number.POSITIVE_INFINITY;
    if (deadline <= next) time.at(deadline, () => handle({ type: 'clock' }));
    if (!time.step()) throw new Error('nothing can happen any more');
  }
  return { deciding: (1000 * spent) / steps, duration: (time.now - begun) / steps };
}

/** Paces between one and four, latencies between one and ten, the same each time. */
function mixed(workers: number): readonly Nature[] {
  return Array.from({ length: workers }, (_, index) => ({
    perSample: 0.01 * 4 ** ((index * 0.618) % 1),
    latency: 10 ** ((index * 0.414) % 1),
  }));
}

export function benchDecisions(): void {
  const rows = [
    [2, 4, 20_000, 50],
    [8, 64, 5_000, undefined],
    [100, 400, 1_000, undefined],
    [1_000, 2_000, 200, 1_000],
  ] as const;
  console.log('Deciding, microseconds a step (trainer, lease book, lender, tree)');
  console.log(
    formatTable(
      ['workers', 'microbatches', 'a step', 'limit'],
      rows.map(([workers, microbatches, steps, limit]) => {
        const { deciding } = simulateSteps(mixed(workers), microbatches, steps);
        return [String(workers), String(microbatches), threeDigits(deciding), limit === undefined ? '' : String(limit)];
      }),
    ),
  );
  console.log(
    '\nOne of eight workers ten times slower, simulated: a step beside one of the other seven alone (limit 1.25)',
  );
  const seven = Array.from({ length: 7 }, () => ({ perSample: 0.04, latency: 1 }));
  console.log(
    formatTable(
      ['microbatches', 'seven, ms', 'with the slow one, ms', 'ratio'],
      [8, 16, 32, 64, 256].map((microbatches) => {
        const without = simulateSteps(seven, microbatches, 2_000).duration;
        const withSlow = simulateSteps([...seven, { perSample: 0.4, latency: 1 }], microbatches, 2_000).duration;
        return [String(microbatches), threeDigits(without), threeDigits(withSlow), threeDigits(withSlow / without)];
      }),
    ),
  );
}
