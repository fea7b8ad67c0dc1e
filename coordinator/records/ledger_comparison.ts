// Two ledgers side by side: how long two runs had the same parameters. Pure.

import type { LedgerRecord } from './ledger.ts';

export type LedgerComparison =
  /** They state no step in common. */
  | { readonly type: 'apart' }
  /** All steps that both state have the same parameters, the last of them `step`. */
  | { readonly type: 'same'; readonly step: number }
  /** The first step after which the parameters differ. */
  | { readonly type: 'differ'; readonly step: number };

export function compareLedgers(one: readonly LedgerRecord[], other: readonly LedgerRecord[]): LedgerComparison {
  const [mine, theirs] = [parametersOf(one), parametersOf(other)];
  let last: number | undefined;
  for (const step of [...mine.keys()].sort((first, second) => first - second)) {
    const found = theirs.get(step);
    if (found === undefined) continue;
    if (found !== mine.get(step)) return { type: 'differ', step };
    last = step;
  }
  return last === undefined ? { type: 'apart' } : { type: 'same', step: last };
}

/** The digest of the parameters after each step; of a step that was done again the last. */
function parametersOf(records: readonly LedgerRecord[]): ReadonlyMap<number, string> {
  return new Map(records.flatMap((record) => (record.type === 'step' ? [[record.step, record.parameters]] : [])));
}
