import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bytesPerSample,
  type FieldSpecification,
  gather,
  packedSamplesBytes,
  packSamples,
  type Samples,
  sliceSamples,
  unpackSamples,
} from '../../../shared/data/samples.ts';

const fieldSpecification = fc.record({
  name: fc.constantFrom('image', 'label', 'weight'),
  type: fc.constantFrom('u8' as const, 'i32' as const, 'f32' as const),
  shape: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 3 }),
});

const filledSamples = fc
  .tuple(fc.array(fieldSpecification, { minLength: 1, maxLength: 3 }), fc.integer({ min: 1, max: 9 }))
  .map(([fields, count]) => ({ fields, samples: numbered(fields, count) }));

/** Every byte of a sample in a field says which sample and which field it is of. */
function numbered(fields: readonly FieldSpecification[], count: number): Samples {
  const bytesOf = (field: FieldSpecification, number: number) =>
    Uint8Array.from(
      { length: count * bytesPerSample(field) },
      (_, offset) => 16 * (number + 1) + Math.floor(offset / bytesPerSample(field)),
    );
  return { count, fields: fields.map(bytesOf) };
}

describe('gather', () => {
  it('takes the samples asked for, in order, repeated where asked twice', () => {
    fc.assert(
      fc.property(filledSamples, fc.array(fc.nat(), { maxLength: 20 }), ({ fields, samples }, numbers) => {
        const indices = Uint32Array.from(numbers, (number) => number % samples.count);
        const gathered = gather(samples, fields, indices);
        expect(gathered.count).toBe(indices.length);
        fields.forEach((field, number) => {
          const size = bytesPerSample(field);
          const expected = [...indices].flatMap((index) => Array(size).fill(16 * (number + 1) + index));
          expect([...(gathered.fields[number] ?? [])]).toEqual(expected);
        });
      }),
    );
  });

  it('writes over memory that it may use again, where that fits', () => {
    fc.assert(
      fc.property(
        filledSamples,
        fc.array(fc.nat(), { maxLength: 9 }),
        fc.nat(9),
        ({ fields, samples }, numbers, old) => {
          const indices = Uint32Array.from(numbers, (number) => number % samples.count);
          const reused = gather(samples, fields, new Uint32Array(old));
          const gathered = gather(samples, fields, indices, reused);
          expect(gathered.fields[0] === reused.fields[0]).toBe(old === numbers.length);
          expect(gathered).toEqual(gather(samples, fields, indices));
        },
      ),
    );
  });

  it('refuses an index beyond the samples', () => {
    const fields = [{ name: 'label', type: 'u8', shape: [] }] as const;
    const samples = { count: 2, fields: [new Uint8Array(2)] };
    expect(() => gather(samples, fields, Uint32Array.of(2))).toThrow('sample 2: there are 2');
  });
});

describe('sliceSamples', () => {
  it('gives a range of samples as views', () => {
    fc.assert(
      fc.property(filledSamples, fc.nat(), fc.nat(), ({ fields, samples }, one, other) => {
        const [first, end] = [one % (samples.count + 1), other % (samples.count + 1)].sort((a, b) => a - b) as [
          number,
          number,
        ];
        const sliced = sliceSamples(samples, fields, first, end);
        const indices = Uint32Array.from({ length: end - first }, (_, index) => first + index);
        expect(sliced).toEqual(gather(samples, fields, indices));
        expect(sliced.fields[0]?.buffer).toBe(samples.fields[0]?.buffer);
      }),
    );
  });
});

const pack = (samples: Samples, bytes: number) => packSamples(samples, new Uint8Array(bytes + 9).fill(0xff));

describe('packSamples and unpackSamples', () => {
  it('give the same samples back, as views of the packed bytes that start at multiples of 8', () => {
    fc.assert(
      fc.property(filledSamples, ({ fields, samples }) => {
        const bytes = packedSamplesBytes(fields, samples.count);
        const packed = pack(samples, bytes);
        expect(packed.length).toBe(bytes);
        const unpacked = unpackSamples(packed, samples.count, fields);
        expect(unpacked).toEqual(samples);
        for (const field of unpacked.fields) {
          expect(field.buffer).toBe(packed.buffer);
          expect(field.byteOffset % 8).toBe(0);
        }
      }),
    );
  });

  it('lay fields out as the protocol states', () => {
    const fields = [Uint8Array.of(1, 2, 3), Uint8Array.of(4, 5, 6, 7, 8, 9, 10, 11, 12)];
    const packed = pack({ count: 3, fields }, 24);
    expect(Buffer.from(packed).toString('hex')).toBe(
      // Three bytes and five of padding, nine bytes and seven of padding.
      '0102030000000000' + '0405060708090a0b0c00000000000000',
    );
  });

  it.each([-1, 1, 8])('refuse a buffer whose length is off by %i', (extra) => {
    const fields = [{ name: 'image', type: 'f32', shape: [3] }] as const;
    const packed = new Uint8Array(packedSamplesBytes(fields, 5) + extra);
    expect(() => unpackSamples(packed, 5, fields)).toThrow(
      `5 packed samples of image: expected 64 bytes, found ${64 + extra}`,
    );
  });
});
