// Samples as they are stored and travel: raw little-endian bytes, field by field.

/** A number of samples; one field for each input of the graph, sample after sample, in the stored type. */
export interface Samples {
  readonly count: number;
  readonly fields: readonly Uint8Array[];
}
