import { CounterDraws, purposes } from './philox.ts';

/**
 * The order of an epoch's samples: a permutation of 0 … count-1 that depends on (seed, epoch) only.
 *
 * Fisher and Yates's shuffle (Durstenfeld, CACM 7(7), 1964, algorithm 235), with the draw for place i at position i.
 * A place's draw is off from uniform by less than 2^-52 (see `CounterDraws.below`).
 */
export function permutation(count: number, seed: number, epoch: number): Uint32Array {
  const draws = new CounterDraws(seed, purposes.shuffle, epoch);
  const order = new Uint32Array(count);
  for (let place = 0; place < count; place++) order[place] = place;
  for (let place = count - 1; place > 0; place--) {
    const other = draws.below(place + 1, place);
    const kept = order[place] ?? 0;
    order[place] = order[other] ?? 0;
    order[other] = kept;
  }
  return order;
}
