import { describe, expect, it } from 'vitest';
import { GradientNorms } from '../../../coordinator/training/gradient_norms.ts';

function afterUsual(): GradientNorms {
  const norms = new GradientNorms();
  for (let index = 0; index < 20; index++) norms.note(100 + index, 50);
  return norms;
}

describe('GradientNorms', () => {
  it('believe anything before they have seen a few', () => {
    expect(new GradientNorms().excess(1e30, 1)).toBeUndefined();
  });

  it('doubt a gradient that is far larger than any before, by the sample', () => {
    const norms = afterUsual();
    expect(norms.excess(1_000, 50)).toBeUndefined();
    expect(norms.excess(100_000, 50)).toBeGreaterThan(100);
    expect(norms.excess(100_000, 5_000)).toBeUndefined();
  });

  it('doubt no gradient after zeros alone: nothing is known of their size', () => {
    const norms = new GradientNorms();
    for (let index = 0; index < 20; index++) norms.note(0, 50);
    expect(norms.excess(0, 50)).toBeUndefined();
    expect(norms.excess(1, 50)).toBeUndefined();
  });

  it('follow a run whose gradients have grown', () => {
    const norms = afterUsual();
    norms.note(50_000, 50);
    expect(norms.excess(60_000, 50)).toBeUndefined();
  });

  it('forget what was long ago', () => {
    const norms = afterUsual();
    for (let index = 0; index < 20_000; index++) norms.note(0.01, 50);
    expect(norms.excess(10, 50)).toBeGreaterThan(16);
  });
});
