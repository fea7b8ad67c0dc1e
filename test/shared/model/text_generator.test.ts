import { describe, expect, it } from 'vitest';
import { requireTextModel, textGenerator } from '../../../shared/model/text_generator.ts';
import { TokenSampler } from '../../../shared/model/token_sampler.ts';
import { engines } from '../kernels/profiles.ts';

const sizes = { window: 4, size: 10 };

const greedy = () => new TokenSampler(engines.portable, sizes.size, { temperature: 0, seed: 1 });

/** A model by which the sum of all tokens up to a position, modulo 10, comes next. */
function summing(ids: Int32Array): Float32Array {
  const logits = new Float32Array(sizes.window * sizes.size);
  let sum = 0;
  ids.forEach((id, position) => {
    sum += id;
    logits[position * sizes.size + (sum % sizes.size)] = 1;
  });
  return logits;
}

function first(count: number, tokens: Generator<number, never, void>): readonly number[] {
  return Array.from({ length: count }, () => tokens.next().value);
}

describe('textGenerator', () => {
  it('takes the token behind the prompt, then the one behind that, and forgets what the window has no room for', () => {
    const { generate } = textGenerator(summing, greedy(), sizes);
    // 1, 2 → 3; 1, 2, 3 → 6; 1, 2, 3, 6 → 2; 2, 3, 6, 2 → 3; 3, 6, 2, 3 → 4
    expect(first(5, generate(Int32Array.of(1, 2)))).toEqual([3, 6, 2, 3, 4]);
    expect(first(1, generate(Int32Array.of(9, 9, 9, 1, 2, 3, 6)))).toEqual([2]);
  });

  it('refuses a model that sees what comes later', () => {
    const reversed = (ids: Int32Array) => summing(ids.slice().reverse());
    expect(() => textGenerator(reversed, greedy(), sizes)).toThrow(
      'generate: the model sees what comes later: it has not learnt to go on with a text',
    );
  });
});

describe('requireTextModel', () => {
  const field = { name: 'tokens', type: 'u8', shape: [4], classes: 10 } as const;

  it('gives window and vocabulary of a model of texts', () => {
    expect(requireTextModel(field, [4, 10])).toEqual(sizes);
  });

  it('refuses one whose outputs are not logits of each position', () => {
    expect(() => requireTextModel(field, [10])).toThrow('generate: the model gives [10], expected logits [4, 10]');
  });
});
