// Figures of a data set: what stands in its fields, counted and measured.

import type { DataSet } from '../../shared/data/data_set.ts';
import { elementsIn, type FieldSpecification, fieldChunks, type Samples } from '../../shared/data/samples.ts';

/** Of the values at a position. */
export interface Figures {
  readonly least: number;
  readonly most: number;
  readonly mean: number;
  readonly deviation: number;
}

/** For each position along a field's last dimension; in one pass, by B. Welford's recurrence. */
export function figuresOf(
  samples: Samples,
  fields: readonly FieldSpecification[],
  number: number,
  positions: number,
): readonly Figures[] {
  const least = new Float64Array(positions).fill(Number.POSITIVE_INFINITY);
  const most = new Float64Array(positions).fill(Number.NEGATIVE_INFINITY);
  const mean = new Float64Array(positions);
  const squares = new Float64Array(positions);
  const counts = new Float64Array(positions);
  forEachElement(samples, fields, number, (value, index) => {
    const at = index % positions;
    const count = (counts[at] ?? 0) + 1;
    const before = mean[at] ?? 0;
    const after = before + (value - before) / count;
    counts[at] = count;
    mean[at] = after;
    squares[at] = (squares[at] ?? 0) + (value - before) * (value - after);
    least[at] = Math.min(least[at] ?? value, value);
    most[at] = Math.max(most[at] ?? value, value);
  });
  return Array.from(mean, (center, at) => ({
    least: least[at] ?? 0,
    most: most[at] ?? 0,
    mean: center,
    deviation: Math.sqrt((squares[at] ?? 0) / Math.max(1, counts[at] ?? 0)),
  }));
}

export const partNames = ['training', 'validation', 'test'] as const;

/** How many labels of each class there are in each part. */
export function classCounts(dataSet: DataSet, number: number, classes: number): readonly Uint32Array[] {
  return partNames.map((part) => {
    const counts = new Uint32Array(classes);
    forEachElement(dataSet[part], dataSet.fields, number, (label) => {
      if (label >= 0 && label < classes) counts[label] = (counts[label] ?? 0) + 1;
    });
    return counts;
  });
}

/** How many samples of each part have each of several labels of yes and no. */
export function labelCounts(dataSet: DataSet, number: number, labels: number): readonly Uint32Array[] {
  return partNames.map((part) => {
    const counts = new Uint32Array(labels);
    forEachElement(dataSet[part], dataSet.fields, number, (value, index) => {
      counts[index % labels] = (counts[index % labels] ?? 0) + value;
    });
    return counts;
  });
}

function forEachElement(
  samples: Samples,
  fields: readonly FieldSpecification[],
  number: number,
  visit: (value: number, index: number) => void,
): void {
  const type = fields[number]?.type ?? 'u8';
  let first = 0;
  for (const chunk of fieldChunks(samples, fields, number)) {
    const valueAt = elementsIn(type, chunk);
    const elements = type === 'u8' ? chunk.length : chunk.length / 4;
    for (let element = 0; element < elements; element++) visit(valueAt(element), first + element);
    first += elements;
  }
}
