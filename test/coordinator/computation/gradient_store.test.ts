import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GradientStore } from '../../../coordinator/computation/gradient_store.ts';
import type { GradientSlot } from '../../../coordinator/training/trainer_messages.ts';
import { engines, testValues } from '../../shared/kernels/profiles.ts';

const elements = 37;
const engine = engines.portable;

function fill(store: GradientStore, seed: number): { slot: GradientSlot; values: Float32Array } {
  const slot = store.take();
  const values = testValues(elements, seed);
  store.bytes(slot).set(new Uint8Array(values.buffer));
  return { slot, values };
}

const valuesIn = (store: GradientStore, slot: GradientSlot) => engine.float32(store.pointer(slot), elements).slice();

describe('GradientStore', () => {
  it('adds gradients to the same bits in engine memory and, where that is used up, on the heap', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 12 }), (count) => {
        // Room for two: all further ones lie on the heap.
        const store = new GradientStore(engine, elements, 2);
        const gradients = Array.from({ length: count }, (_, index) => fill(store, index));
        const [first, ...others] = gradients.reverse();
        if (first === undefined) return;
        const expected = first.values.slice();
        for (const { slot, values } of others) {
          store.add(first.slot, slot);
          values.forEach((value, at) => {
            expected[at] = Math.fround((expected[at] ?? 0) + value);
          });
        }
        expect(valuesIn(store, first.slot)).toEqual(expected);
        store.release(first.slot);
      }),
      { numRuns: 20 },
    );
  });

  it('finds a gradient that is not finite', () => {
    const store = new GradientStore(engine, elements, 2);
    const { slot } = fill(store, 1);
    expect(store.isFinite(slot)).toBe(true);
    new DataView(store.bytes(slot).buffer, store.bytes(slot).byteOffset).setFloat32(4 * 36, Number.NaN, true);
    expect(store.isFinite(slot)).toBe(false);
  });

  it('refuses a slot that was released', () => {
    const store = new GradientStore(engine, elements, 2);
    const { slot } = fill(store, 1);
    store.release(slot);
    expect(() => store.bytes(slot)).toThrow(/not in use/);
  });
});
