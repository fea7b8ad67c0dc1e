// Normalization of features: statistics that a job states, or that are fitted on the training samples alone.

import { InputError } from '../errors.ts';
import { elementsIn, type FieldSpecification, fieldChunks, type Samples, type Standardization } from './samples.ts';

/**
 * For each position along the last dimension (a column, a channel): `standard`: mean 0 and deviation 1 on the training
 * samples; `range`: their range becomes 0 to 1; or statistics that are known beforehand, one for each position or for all.
 */
export type Normalization =
  | 'standard'
  | 'range'
  | { readonly mean: number | readonly number[]; readonly deviation: number | readonly number[] };

/**
 * The fields, the first of them with the statistics that `normalization` asks for.
 * @param isNormalized whether a position along its last dimension is normalized; all are, if left out
 * @throws {InputError} if statistics that are stated do not fit the features.
 */
export function withStandardization(
  fields: readonly FieldSpecification[],
  training: Samples,
  normalization: Normalization | undefined,
  isNormalized?: (position: number) => boolean,
): readonly FieldSpecification[] {
  const [features, ...others] = fields;
  if (normalization === undefined || features === undefined) return fields;
  return [
    { ...features, standardization: standardizationOf(normalization, training, fields, isNormalized) },
    ...others,
  ];
}

/**
 * What a model takes off its features, the first field, and divides them by. A position that never changes is left at its
 * size: it is divided by 1.
 * @param isNormalized whether a position is normalized; all are, if left out
 * @throws {InputError} if statistics that are stated do not fit the features.
 */
function standardizationOf(
  normalization: Normalization,
  training: Samples,
  fields: readonly FieldSpecification[],
  isNormalized: (position: number) => boolean = () => true,
): Standardization {
  const [features] = fields;
  const positions = features?.shape.at(-1) ?? 1;
  if (typeof normalization === 'object') return stated(normalization, positions);
  const fitted = fit[normalization](training, fields, positions);
  const roundedOr = (instead: number) => (value: number, position: number) =>
    isNormalized(position) ? Math.fround(value) : instead;
  return {
    mean: Array.from(fitted.mean, roundedOr(0)),
    deviation: Array.from(fitted.deviation, (value, position) => roundedOr(1)(value, position) || 1),
  };
}

function stated({ mean, deviation }: Exclude<Normalization, string>, positions: number): Standardization {
  const lists = { mean: [mean].flat(), deviation: [deviation].flat() };
  const length = Math.max(lists.mean.length, lists.deviation.length);
  for (const [name, list] of Object.entries(lists)) {
    if (list.length === 1 || list.length === positions) continue;
    throw new InputError(
      `data.normalization.${name}: expected one number, or ${positions} for the last dimension of the features, found ${list.length}`,
    );
  }
  const spread = (list: readonly number[]) =>
    Array.from({ length }, (_, position) => list[position % list.length] ?? 0);
  return { mean: spread(lists.mean), deviation: spread(lists.deviation) };
}

interface Fitted {
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}

type Fit = (training: Samples, fields: readonly FieldSpecification[], positions: number) => Fitted;

const fit: { readonly standard: Fit; readonly range: Fit } = {
  standard(training, fields, positions) {
    const mean = new Float64Array(positions);
    const squares = new Float64Array(positions);
    let count = 0;
    forEachFeature(training, fields, positions, (value, position) => {
      mean[position] = (mean[position] ?? 0) + value;
      count += 1;
    });
    const rows = Math.max(1, count / positions);
    for (let position = 0; position < positions; position++) mean[position] = (mean[position] ?? 0) / rows;
    forEachFeature(training, fields, positions, (value, position) => {
      const difference = value - (mean[position] ?? 0);
      squares[position] = (squares[position] ?? 0) + difference * difference;
    });
    return { mean, deviation: squares.map((sum) => Math.sqrt(sum / rows)) };
  },

  range(training, fields, positions) {
    const least = new Float64Array(positions).fill(Number.POSITIVE_INFINITY);
    const most = new Float64Array(positions).fill(Number.NEGATIVE_INFINITY);
    forEachFeature(training, fields, positions, (value, position) => {
      if (value < (least[position] ?? 0)) least[position] = value;
      if (value > (most[position] ?? 0)) most[position] = value;
    });
    return { mean: least, deviation: most.map((value, position) => value - (least[position] ?? 0)) };
  },
};

function forEachFeature(
  samples: Samples,
  fields: readonly FieldSpecification[],
  positions: number,
  visit: (value: number, position: number) => void,
): void {
  const type = fields[0]?.type ?? 'u8';
  for (const chunk of fieldChunks(samples, fields, 0)) {
    const valueAt = elementsIn(type, chunk);
    const elements = type === 'u8' ? chunk.length : chunk.length / 4;
    for (let element = 0; element < elements; element++) visit(valueAt(element), element % positions);
  }
}
