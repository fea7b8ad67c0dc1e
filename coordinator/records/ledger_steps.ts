// What a ledger says of the steps that its run has had.

import type { StepLoss } from './checkpoint_losses.ts';
import type { LedgerRecord } from './ledger.ts';

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
