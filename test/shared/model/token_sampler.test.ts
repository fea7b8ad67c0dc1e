import { describe, expect, it } from 'vitest';
import { TokenSampler } from '../../../shared/model/token_sampler.ts';
import { engines } from '../kernels/profiles.ts';

const logits = Float32Array.of(1, 3, 2, 3, -40);

const sampler = (sampling: { temperature: number; topK?: number; seed?: number }) =>
  new TokenSampler(engines.portable, logits.length, { seed: 1, ...sampling });

/** How often each token is drawn. */
function drawn(given: TokenSampler, draws: number): readonly number[] {
  const counts = new Array<number>(logits.length).fill(0);
  for (let position = 0; position < draws; position++) {
    const id = given.choose(logits, position);
    counts[id] = (counts[id] ?? 0) + 1;
  }
  return counts;
}

describe('TokenSampler', () => {
  it('draws each token as often as the softmax of the logits over the temperature says', () => {
    const draws = 20_000;
    for (const temperature of [0.5, 1, 2]) {
      const weights = [...logits].map((logit) => Math.exp(logit / temperature));
      const sum = weights.reduce((total, weight) => total + weight, 0);
      drawn(sampler({ temperature }), draws).forEach((count, id) => {
        const p = (weights[id] ?? 0) / sum;
        // Four standard deviations.
        expect(Math.abs(count - draws * p)).toBeLessThanOrEqual(4 * Math.sqrt(draws * p * (1 - p)) + 1e-9);
      });
    }
  });

  it('draws from the likeliest alone, equals in their order', () => {
    const counts = drawn(sampler({ temperature: 5, topK: 3 }), 500);
    expect(counts.map((count) => count > 0)).toEqual([false, true, true, true, false]);
    expect(drawn(sampler({ temperature: 1, topK: 1 }), 20)).toEqual([0, 20, 0, 0, 0]);
    expect(drawn(sampler({ temperature: 0 }), 20)).toEqual([0, 20, 0, 0, 0]);
  });

  it('gives the same draw at a position in any order, and another with another seed', () => {
    const positions = Array.from({ length: 40 }, (_, position) => position);
    const one = sampler({ temperature: 3 });
    const forwards = positions.map((position) => one.choose(logits, position));
    const backwards = [...positions].reverse().map((position) => one.choose(logits, position));
    expect(backwards.reverse()).toEqual(forwards);
    const other = sampler({ temperature: 3, seed: 2 });
    expect(positions.map((position) => other.choose(logits, position))).not.toEqual(forwards);
  });

  it('takes any temperature and any finite logits', () => {
    const extreme = Float32Array.of(3e38, -3e38, 3e38, 0, 0);
    for (const temperature of [1e-30, 1e-3, 100]) {
      expect([0, 2]).toContain(sampler({ temperature }).choose(extreme, 0));
    }
  });

  it('refuses logits that are not finite', () => {
    expect(() => sampler({ temperature: 1 }).choose(Float32Array.of(1, Number.NaN, 0, 0, 0), 0)).toThrow(
      'generate: the outputs of the model are not finite: its training diverged',
    );
  });
});
