// Within what bounds the features of a data set lie, so that a person can make up some that are alike.

import { elementsOf } from '../engine/shape.ts';
import { elementsIn, type FieldSpecification, gather, type Samples } from './samples.ts';

/** For each element of a sample. */
export interface FeatureRanges {
  readonly least: readonly number[];
  readonly most: readonly number[];
  /** Whether all values were whole numbers. */
  readonly isWhole: readonly boolean[];
  /** The mean of the values at the edges, for samples of two dimensions and more: what pictures lie on. */
  readonly edge: number;
}

/** Values that are looked at: beyond it samples are passed over, at even distances. */
const maximumValues = 2 ** 20;

/** Of the first field; undefined where there are no samples. */
export function featureRanges(samples: Samples, fields: readonly FieldSpecification[]): FeatureRanges | undefined {
  const [field] = fields;
  if (field === undefined || samples.count === 0) return undefined;
  const size = elementsOf(field.shape);
  const seen = Math.max(1, Math.min(samples.count, Math.floor(maximumValues / size)));
  const chosen = Uint32Array.from({ length: seen }, (_, index) => Math.floor((index * samples.count) / seen));
  const valueAt = elementsIn(field.type, gather(samples, fields, chosen).fields[0] ?? new Uint8Array(0));
  const least = new Array<number>(size).fill(Number.POSITIVE_INFINITY);
  const most = new Array<number>(size).fill(Number.NEGATIVE_INFINITY);
  const isWhole = new Array<boolean>(size).fill(true);
  const [height = 0, width = 0, channels = 1] = field.shape;
  let [edgeSum, edges] = [0, 0];
  for (let index = 0; index < seen * size; index++) {
    const value = valueAt(index);
    const at = index % size;
    if (value < (least[at] ?? 0)) least[at] = value;
    if (value > (most[at] ?? 0)) most[at] = value;
    if (!Number.isInteger(value)) isWhole[at] = false;
    if (field.shape.length > 1 && isAtEdge(Math.floor(at / channels), height, width)) {
      edgeSum += value;
      edges += 1;
    }
  }
  return { least, most, isWhole, edge: edges === 0 ? 0 : edgeSum / edges };
}

function isAtEdge(pixel: number, height: number, width: number): boolean {
  const [row, column] = [Math.floor(pixel / width), pixel % width];
  return row === 0 || column === 0 || row === height - 1 || column === width - 1;
}
