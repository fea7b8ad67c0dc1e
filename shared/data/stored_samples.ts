// Samples whose fields are stored one by one: in memory, or elsewhere and read when they are needed.

import { type FieldSpecification, gather, type Samples, samplesReadBy } from './samples.ts';

/** Reads records of one size, wherever they are. */
export interface RecordReader {
  /** Writes the records at `indices`, one after the other, to `target`, which has their size. */
  readonly read: (indices: Uint32Array, target: Uint8Array) => void;
}

/** The bytes of a field of all samples, or what reads those of some. */
export type StoredField = Uint8Array | RecordReader;

/** Takes the bytes of one field, sample after sample. */
export interface SampleStore {
  /** Takes a sample's; the bytes may be used anew afterwards. */
  readonly append: (record: Uint8Array) => void;
  /** Everything that was taken. */
  readonly finish: () => StoredField;
  /** Gives up what was stored, when there is no finishing. */
  readonly discard: () => void;
}

export function storedSamples(
  count: number,
  fields: readonly FieldSpecification[],
  stored: readonly StoredField[],
): Samples {
  const inMemory = stored.filter((field) => field instanceof Uint8Array);
  if (inMemory.length === stored.length) return { count, fields: inMemory };
  const sources = stored.map((source, number): RecordReader => {
    const field = fields[number];
    if (!(source instanceof Uint8Array) || field === undefined) return source as RecordReader;
    const samples = { count, fields: [source] };
    return { read: (indices, target) => target.set(gather(samples, [field], indices).fields[0] ?? []) };
  });
  return samplesReadBy((number, indices, target) => sources[number]?.read(indices, target), fields, count);
}

/** A store in memory that grows as samples come. */
export function memoryStore(recordBytes: number): SampleStore {
  let bytes = new Uint8Array(64 * recordBytes);
  let used = 0;
  return {
    append(record) {
      if (used + record.length > bytes.length) {
        const larger = new Uint8Array(2 * bytes.length);
        larger.set(bytes);
        bytes = larger;
      }
      bytes.set(record, used);
      used += record.length;
    },
    finish: () => bytes.slice(0, used),
    discard: () => undefined,
  };
}
