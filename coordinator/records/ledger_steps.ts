// What a ledger says of the steps that its run has had.

import type { Evaluation } from '../training/evaluation.ts';
import type { StepLoss } from './checkpoint_losses.ts';
import type { LedgerRecord, StepRecord } from './ledger.ts';
import type { SampleCount } from './sample_count.ts';

/** Each step once, in order, up to the one that the run goes on from. */
export function pastStepsOf(records: readonly LedgerRecord[], last: number): readonly StepLoss[] {
  const losses = new Map<number, number>();
  for (const record of records) {
    if (record.type === 'step' && record.step <= last) losses.set(record.step, record.loss);
  }
  return [...losses].map(([step, loss]) => ({ step, loss })).sort((one, other) => one.step - other.step);
}

export function startStepOf(records: readonly LedgerRecord[]): number | undefined {
  const [first] = records;
  return first?.type === 'run' ? first.start.step : undefined;
}

/** What was measured before the first step, if something was. */
export function beforeIn(records: readonly LedgerRecord[]): Evaluation | undefined {
  return records.flatMap((record) => (record.type === 'before' ? record.evaluation : []))[0];
}

/** Counts again what the epoch's steps before a checkpoint were made of. */
export function recount(
  counts: SampleCount,
  records: readonly LedgerRecord[],
  step: number,
  stepsPerEpoch: number,
): void {
  const epochStart = Math.floor(step / stepsPerEpoch) * stepsPerEpoch;
  const steps = new Map<number, StepRecord['contributions']>();
  for (const record of records) {
    const isOfEpoch = record.type === 'step' && record.step > epochStart && record.step <= step;
    if (isOfEpoch) steps.set(record.step, record.contributions);
  }
  for (const [done, contributions] of steps) {
    counts.add(
      done,
      contributions.map(([, first, count]) => ({ first, count })),
    );
  }
}
