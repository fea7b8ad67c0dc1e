import { describe, expect, it } from 'vitest';
import type { LedgerRecord } from '../../../coordinator/records/ledger.ts';
import { compareLedgers } from '../../../coordinator/records/ledger_comparison.ts';

const step = (number: number, parameters: string): LedgerRecord => ({
  type: 'step',
  step: number,
  parameters,
  loss: 1,
  samples: 1,
  contributions: [],
});

describe('two ledgers', () => {
  it('are the same as far as both go, wherever they were resumed', () => {
    const resumed: LedgerRecord = { type: 'resumed', step: 1 };
    const one = [step(1, 'a'), step(2, 'b'), resumed, step(2, 'b'), step(3, 'c')];
    expect(compareLedgers(one, [step(1, 'a'), step(2, 'b')])).toEqual({ type: 'same', step: 2 });
  });

  it('differ from the first step on that has other parameters', () => {
    const one = [step(1, 'a'), step(2, 'b'), step(3, 'c')];
    expect(compareLedgers(one, [step(1, 'a'), step(2, 'x'), step(3, 'y')])).toEqual({ type: 'differ', step: 2 });
  });

  it('may have nothing in common', () => {
    expect(compareLedgers([step(1, 'a')], [step(2, 'b')])).toEqual({ type: 'apart' });
  });
});
