import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CounterDraws, philox, purposes, seedHalves } from '../../../shared/random/philox.ts';

/** The same generator on bigints, written from the paper's figure: slow, and with nothing to go wrong in the products. */
function philoxOnBigints(key: readonly bigint[], counter: readonly bigint[]): number[] {
  const mask = 0xffffffffn;
  let [c0 = 0n, c1 = 0n, c2 = 0n, c3 = 0n] = counter;
  let [k0 = 0n, k1 = 0n] = key;
  for (let round = 0; round < 10; round++) {
    const product0 = c0 * 0xd2511f53n;
    const product1 = c2 * 0xcd9e8d57n;
    [c0, c1, c2, c3] = [(product1 >> 32n) ^ c1 ^ k0, product1 & mask, (product0 >> 32n) ^ c3 ^ k1, product0 & mask];
    k0 = (k0 + 0x9e3779b9n) & mask;
    k1 = (k1 + 0xbb67ae85n) & mask;
  }
  return [c0, c1, c2, c3].map(Number);
}

describe('philox', () => {
  // Random123 1.14, tests/kat_vectors, the three lines of philox4x32 with 10 rounds: counter, key, result.
  it.each([
    ['00000000 00000000 00000000 00000000', '00000000 00000000', '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
    ['ffffffff ffffffff ffffffff ffffffff', 'ffffffff ffffffff', '408f276d 41c83b0e a20bc7c6 6d5451fd'],
    ['243f6a88 85a308d3 13198a2e 03707344', 'a4093822 299f31d0', 'd16cfe09 94fdcceb 5001e420 24126ea1'],
  ])('gives the known answer for counter %s, key %s', (counter, key, answer) => {
    const [c0 = 0, c1 = 0, c2 = 0, c3 = 0] = words(counter);
    const [k0 = 0, k1 = 0] = words(key);
    const output = new Uint32Array(4);
    philox(output, k0, k1, c0, c1, c2, c3);
    expect([...output]).toEqual(words(answer));
  });

  it('agrees with its twin on bigints', () => {
    const word = fc.integer({ min: 0, max: 0xffffffff });
    const output = new Uint32Array(4);
    fc.assert(
      fc.property(fc.tuple(word, word), fc.tuple(word, word, word, word), (key, counter) => {
        philox(output, ...key, ...counter);
        expect([...output]).toEqual(philoxOnBigints(key.map(BigInt), counter.map(BigInt)));
      }),
    );
  });
});

describe('seedHalves', () => {
  it('splits a seed so that the halves make it up again', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (seed) => {
        const { low, high } = seedHalves(seed);
        expect(high * 2 ** 32 + low).toBe(seed);
      }),
    );
  });

  it.each([-1, 0.5, 2 ** 53, Number.NaN])('refuses %s', (seed) => {
    expect(() => seedHalves(seed)).toThrow(/^seed: expected an integer from 0/);
  });
});

describe('CounterDraws', () => {
  it('gives a position the same number whatever was asked before', () => {
    const forwards = new CounterDraws(7, purposes.draw, 3);
    const backwards = new CounterDraws(7, purposes.draw, 3);
    const positions = [0, 1, 2, 3, 4, 5, 6];
    const expected = positions.map((position) => forwards.uniform(position));
    const found = positions.toReversed().map((position) => backwards.uniform(position));
    expect(found.toReversed()).toEqual(expected);
    expect(new Set(expected).size).toBe(positions.length);
  });

  it.each([
    ['seed', new CounterDraws(8, purposes.draw, 3)],
    ['high half of the seed', new CounterDraws(7 + 2 ** 32, purposes.draw, 3)],
    ['purpose', new CounterDraws(7, purposes.shuffle, 3)],
    ['index', new CounterDraws(7, purposes.draw, 4)],
  ])('gives other numbers for another %s', (_what, other) => {
    const draws = new CounterDraws(7, purposes.draw, 3);
    expect(other.uniform(0)).not.toBe(draws.uniform(0));
    expect(other.uniform(1)).not.toBe(draws.uniform(1));
  });

  it('stays below its bound, for bounds of every size', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.integer({ min: 1, max: 2 ** 32 }), fc.nat(), (seed, bound, position) => {
        const value = new CounterDraws(seed, purposes.draw, 0).below(bound, position);
        expect(Number.isInteger(value) && value >= 0 && value < bound).toBe(true);
      }),
    );
  });

  it('rounds the largest uniform number down to the last value, for bounds of every size', () => {
    const largest = 1 - 2 ** -53;
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 32 }), (bound) => {
        expect(Math.floor(largest * bound)).toBe(bound - 1);
      }),
    );
  });

  it('refuses an index that does not fit its counter word', () => {
    expect(() => new CounterDraws(0, purposes.draw, 2 ** 32)).toThrow(/^index: expected/);
  });
});

function words(text: string): number[] {
  return text.split(' ').map((word) => Number.parseInt(word, 16));
}
