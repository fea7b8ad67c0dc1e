import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classesOf, idxSamples, type NamedIdx, parseIdx } from '../../../shared/data/idx.ts';
import { InputError } from '../../../shared/errors.ts';

const codes = { u8: 0x08, i32: 0x0c, f32: 0x0d } as const;

/** An IDX file, written as the format says. */
function idxFile(type: keyof typeof codes, shape: readonly number[], elements: readonly number[]): Uint8Array {
  const size = type === 'u8' ? 1 : 4;
  const bytes = new Uint8Array(4 + 4 * shape.length + size * elements.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0, 0, codes[type], shape.length]);
  shape.forEach((dimension, index) => {
    view.setUint32(4 + 4 * index, dimension);
  });
  const write = { u8: view.setUint8, i32: view.setInt32, f32: view.setFloat32 }[type].bind(view);
  elements.forEach((element, index) => {
    write(4 + 4 * shape.length + size * index, element);
  });
  return bytes;
}

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));

describe('parseIdx', () => {
  it('reads a file of bytes, as in the published example', () => {
    const tensor = parseIdx(hex('0000 0803 00000001 00000002 00000003 010203040506'), 'images');
    expect(tensor).toEqual({ type: 'u8', shape: [1, 2, 3], bytes: Uint8Array.of(1, 2, 3, 4, 5, 6) });
  });

  it('reads a view that starts within a larger buffer', () => {
    const file = idxFile('i32', [2], [7, -9]);
    const larger = new Uint8Array(file.length + 3);
    larger.set(file, 3);
    expect(parseIdx(larger.subarray(3), 'labels')).toEqual(parseIdx(file, 'labels'));
  });

  it('turns big-endian i32 and f32 into little-endian', () => {
    const ints = fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(ints, (elements) => {
        const { bytes } = parseIdx(idxFile('i32', [elements.length], elements), 'labels');
        expect([...new Int32Array(bytes.buffer)]).toEqual(elements);
      }),
    );
    const floats = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(floats, (elements) => {
        const { bytes } = parseIdx(idxFile('f32', [elements.length], elements), 'features');
        expect([...new Float32Array(bytes.buffer)]).toEqual(elements);
      }),
    );
  });

  it.each([
    ['an empty file', '', 'too short for an IDX file: 0 bytes, the magic alone has 4'],
    ['a file shorter than its magic', '000008', 'too short for an IDX file: 3 bytes, the magic alone has 4'],
    ['another magic', '89504e47', 'wrong magic: an IDX file starts with the bytes 00 00, this one with 89 50'],
    ['an unknown type', '00000a01 00000001 00', 'unknown element type 0x0a'],
    [
      'a type that no kernel reads',
      '00000901 00000001 00',
      'elements of type i8 cannot be used: expected u8, i32 or f32',
    ],
    ['no dimensions', '00000800 00', '0 dimensions: expected 1 to 6'],
    ['too many dimensions', '00000807 00', '7 dimensions: expected 1 to 6'],
    ['a header cut off', '00000803 00000001 0000', 'too short: 3 dimensions need a header of 16 bytes'],
    ['a zero dimension', '00000802 00000001 00000000', 'dimension 2 of [1, 0] is zero'],
    ['truncated data', '00000801 00000003 0102', 'truncated: [3] u8 needs 3 bytes of data, found 2'],
    ['trailing bytes', '00000801 00000003 0102030405', '2 trailing bytes after the data of [3] u8'],
    [
      'a size beyond the limit',
      '00000802 00010000 00008001',
      '[65536, 32769] u8 is 2147549184 bytes, beyond the limit of 2147483648',
    ],
    ['a NaN', '00000d01 00000002 3f800000 7fc00000', 'element 1 is NaN, expected finite numbers'],
    ['an infinity', '00000d01 00000001 ff800000', 'element 0 is -Infinity, expected finite numbers'],
  ])('refuses %s by name', (_what, bytes, message) => {
    expect(() => parseIdx(hex(bytes), 'some.idx')).toThrow(new InputError(`some.idx: ${message}`));
  });

  it('refuses every file that is cut off anywhere, and every one with more behind it', () => {
    const shapes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(shapes, fc.nat(), (shape, cut) => {
        const elements = shape.reduce((product, dimension) => product * dimension, 1);
        const file = idxFile('u8', shape, Array(elements).fill(1));
        expect(() => parseIdx(file.subarray(0, cut % file.length), 'cut')).toThrow(InputError);
        expect(() => parseIdx(new Uint8Array([...file, 0]), 'long')).toThrow('long: 1 trailing bytes');
      }),
    );
  });

  it('throws nothing but InputError, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.boolean(), (bytes, plausible) => {
        if (plausible) bytes.set([0, 0].slice(0, bytes.length));
        try {
          parseIdx(bytes, 'random');
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('idxSamples', () => {
  const named = (file: string, bytes: Uint8Array): NamedIdx => ({ file, tensor: parseIdx(bytes, file) });
  const images = named('images', idxFile('u8', [2, 1, 3], [1, 2, 3, 4, 5, 6]));
  const labels = named('labels', idxFile('u8', [2], [0, 4]));

  it('makes samples of images with one channel, and of labels', () => {
    const { fields, samples } = idxSamples(images, labels);
    expect(fields).toEqual([
      { name: 'image', type: 'u8', shape: [1, 3, 1] },
      { name: 'label', type: 'u8', shape: [] },
    ]);
    expect(samples.count).toBe(2);
    expect(samples.fields).toEqual([images.tensor.bytes, labels.tensor.bytes]);
  });

  it.each([
    [[2, 5], [5]],
    [
      [2, 1, 2, 3],
      [1, 2, 3],
    ],
  ])('takes features of %j as they are', (shape, expected) => {
    const elements = shape.reduce((product, dimension) => product * dimension, 1);
    const features = named('features', idxFile('u8', shape, Array(elements).fill(0)));
    expect(idxSamples(features, labels).fields[0].shape).toEqual(expected);
  });

  it('refuses counts that differ', () => {
    const three = named('labels', idxFile('u8', [3], [0, 1, 2]));
    expect(() => idxSamples(images, three)).toThrow(new InputError('labels: 3 labels for the 2 images of images'));
  });

  it('refuses files that are swapped', () => {
    expect(() => idxSamples(labels, labels)).toThrow('expected images, found a list of 2 numbers');
    expect(() => idxSamples(images, images)).toThrow(
      'expected a list of whole numbers, or fractions, found [2, 1, 3] u8',
    );
  });

  it('counts classes up to the largest label', () => {
    expect(classesOf(labels)).toBe(5);
    expect(classesOf(named('labels', idxFile('i32', [3], [300, 2, -1])))).toBe(301);
  });
});
