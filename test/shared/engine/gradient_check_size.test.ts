import { describe, expect, it } from 'vitest';
import { checkSize } from '../../../shared/engine/gradient_check_size.ts';

const small = { tensors: [64, 16, 48, 3], operationsPerSample: 400 };

/** As a GPT of half a million parameters. */
const large = { tensors: [8_000, 128, 128, 49_152, 65_536, 65_536], operationsPerSample: 7e7 };

describe('the size of a gradient check', () => {
  it('is all of a small model, one parameter at a time', () => {
    expect(checkSize(small, {})).toEqual({ samples: 20, componentsPerTensor: 64, atOnce: 1, parameters: 131 });
  });

  it('is a share of each tensor of a large one, small tensors whole, over few samples', () => {
    const { samples, componentsPerTensor, parameters, atOnce } = checkSize(large, {});
    expect(samples).toBe(2);
    expect(componentsPerTensor).toBe((2_000 - 2 * 128) / 4);
    expect(parameters).toBe(2_000);
    expect(2 * (parameters / atOnce) * samples * large.operationsPerSample).toBeLessThan(1.1e10);
  });

  it('is at least one of each tensor', () => {
    expect(checkSize({ ...small, tensors: Array.from({ length: 3_000 }, () => 9) }, {}).parameters).toBe(3_000);
  });

  it('is what is asked for: every parameter, more samples', () => {
    const { parameters, componentsPerTensor, atOnce } = checkSize(large, { all: true });
    expect(parameters).toBe(8_000 + 256 + 49_152 + 2 * 65_536);
    expect(componentsPerTensor).toBe(65_536);
    expect(atOnce).toBe(checkSize(large, {}).atOnce);
    expect(checkSize(large, { samples: 20 }).samples).toBe(20);
  });
});
