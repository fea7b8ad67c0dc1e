// Samples as they are stored and travel: raw little-endian bytes, field by field.

import type { ElementType, Shape } from '../engine/graph.ts';
import { elementsOf } from '../engine/ops/op.ts';
import { InputError } from '../errors.ts';

/** A number of samples; one field for each input of the graph, sample after sample, in the stored type. */
export interface Samples {
  readonly count: number;
  readonly fields: readonly Uint8Array[];
}

/** What a field of a data set holds. */
export interface FieldSpecification {
  readonly name: string;
  readonly type: ElementType;
  /** Per sample. */
  readonly shape: Shape;
  /** Number of classes, where the field holds labels. */
  readonly classes?: number;
}

const bytesPerElement = { u8: 1, i32: 4, f32: 4 } as const;

/** On the wire each field starts at a multiple of this, so that its elements can be read in place. */
const fieldAlignment = 8;

export function bytesPerSample({ type, shape }: Pick<FieldSpecification, 'type' | 'shape'>): number {
  return bytesPerElement[type] * elementsOf(shape);
}

/** The samples at these indices, in this order. */
export function gather(samples: Samples, specifications: readonly FieldSpecification[], indices: Uint32Array): Samples {
  const fields = specifications.map((specification, at) => {
    const source = samples.fields[at];
    if (source === undefined) throw new Error(`samples have no field ${specification.name}`);
    const size = bytesPerSample(specification);
    const target = new Uint8Array(size * indices.length);
    for (let position = 0; position < indices.length; position++) {
      const from = (indices[position] ?? 0) * size;
      target.set(source.subarray(from, from + size), position * size);
    }
    return target;
  });
  return { count: indices.length, fields };
}

/** The payload of a lease: the fields one after the other, each padded with zeros to a multiple of 8 bytes. */
export function packSamples({ fields }: Samples): Uint8Array {
  const packed = new Uint8Array(fields.reduce((bytes, field) => bytes + aligned(field.length), 0));
  let at = 0;
  for (const field of fields) {
    packed.set(field, at);
    at += aligned(field.length);
  }
  return packed;
}

/**
 * The samples in a lease's payload, as views of it.
 * @throws {InputError} if the length is not that of `count` samples.
 */
export function unpackSamples(
  packed: Uint8Array,
  count: number,
  specifications: readonly Pick<FieldSpecification, 'type' | 'shape'>[],
): Samples {
  const sizes = specifications.map((specification) => count * bytesPerSample(specification));
  const expected = sizes.reduce((bytes, size) => bytes + aligned(size), 0);
  if (packed.length !== expected) {
    throw new InputError(`${count} samples in ${packed.length} bytes: expected ${expected}`);
  }
  let at = 0;
  const fields = sizes.map((size) => {
    const field = packed.subarray(at, at + size);
    at += aligned(size);
    return field;
  });
  return { count, fields };
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / fieldAlignment) * fieldAlignment;
}
