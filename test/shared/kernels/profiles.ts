import { type Engine, loadEngine, type NumericsProfile } from '../../../shared/engine/engine.ts';
import type { Pointer } from '../../../shared/engine/kernels.ts';

export const profiles: readonly NumericsProfile[] = ['portable', 'fused'];

export const engines: Readonly<Record<NumericsProfile, Engine>> = {
  portable: await loadEngine('portable'),
  fused: await loadEngine('fused'),
};

/** A buffer holding these f32 values. */
export function floats(engine: Engine, values: ArrayLike<number>): Pointer {
  const pointer = engine.allocate(4 * values.length);
  engine.float32(pointer, values.length).set(values);
  return pointer;
}

/** A buffer holding these i32 values. */
export function integers(engine: Engine, values: ArrayLike<number>): Pointer {
  const pointer = engine.allocate(4 * values.length);
  engine.int32(pointer, values.length).set(values);
  return pointer;
}

/** Repeatable test values in [−1, 1), every one an f32. */
export function testValues(elements: number, seed: number): Float32Array {
  let state = (seed * 2_654_435_761 + 12_345) >>> 0;
  return Float32Array.from({ length: elements }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}
