// A data set of token ids: windows over a sequence, split by position; every position's label is the token that follows.

import { InputError } from '../errors.ts';
import { type DataSet, dataSetOfParts } from './data_set.ts';
import type { FieldSpecification, Samples } from './samples.ts';
import { type Vocabulary, vocabularySize } from './vocabulary.ts';

export interface TextDataSetOptions {
  /** How errors call the text. */
  readonly place: string;
  /** The whole text. */
  readonly ids: Int32Array;
  readonly vocabulary: Vocabulary;
  /** Tokens in a sample. */
  readonly window: number;
  /** Tokens from the start of a sample to that of the next. */
  readonly stride: number;
  /** Pieces of equal length, each of which is split. */
  readonly pieces: number;
  readonly validationFraction: number;
  readonly testFraction: number;
  readonly digestOf: (chunks: Iterable<Uint8Array>) => string;
}

/** Tokens from `first` to before `end`: no window reaches over the border of a stretch. */
interface Stretch {
  readonly first: number;
  readonly end: number;
}

type Part = 'training' | 'validation' | 'test';

/** Most bytes of the samples of a part. */
const maximumBytes = 2 ** 31 - 1;

/**
 * Fields `tokens` and `next`, [window] each, of bytes where the vocabulary is that small, else of i32. A stretch gives as
 * many whole windows as it has room for; what is behind the last one is in no sample.
 * @throws {InputError} if a part that is to have samples is too short for one, or they need too much memory.
 */
export function textDataSet(options: TextDataSetOptions): DataSet {
  const { vocabulary, window, digestOf } = options;
  const classes = vocabularySize(vocabulary);
  const type = classes <= 256 ? 'u8' : 'i32';
  const fields: readonly FieldSpecification[] = [
    { name: 'tokens', type, shape: [window], classes, vocabulary },
    { name: 'next', type, shape: [window], classes },
  ];
  const part = (name: Part) => windowsOf(name, stretchesOf(name, options), options, type === 'u8');
  const parts = { training: part('training'), validation: part('validation'), test: part('test') };
  return dataSetOfParts({ name: 'text', fields, ...parts }, digestOf);
}

function stretchesOf(part: Part, { ids, pieces, ...fractions }: TextDataSetOptions): readonly Stretch[] {
  const { validationFraction, testFraction } = fractions;
  const borders = { training: 0, validation: 1 - validationFraction - testFraction, test: 1 - testFraction };
  const ends = { training: borders.validation, validation: borders.test, test: 1 };
  return Array.from({ length: pieces }, (_, piece) => {
    const at = (share: number) => Math.floor(((piece + share) * ids.length) / pieces);
    return { first: at(borders[part]), end: at(ends[part]) };
  });
}

function windowsOf(
  part: Part,
  stretches: readonly Stretch[],
  { place, ids, window, stride, ...fractions }: TextDataSetOptions,
  isSmall: boolean,
): Samples {
  const starts = stretches.flatMap(({ first, end }) => {
    // The last token of a window needs one behind it, too.
    const count = Math.max(0, Math.floor((end - first - window - 1) / stride) + 1);
    return Array.from({ length: count }, (_, index) => first + index * stride);
  });
  const isWanted = part === 'training' || fractions[`${part}Fraction`] > 0;
  if (isWanted && starts.length === 0) {
    const longest = stretches.reduce((most, { first, end }) => Math.max(most, end - first), 0);
    throw new InputError(
      `${place}: ${part} data: the longest stretch has ${longest} tokens, a window of ${window} needs ${window + 1}`,
    );
  }
  const elements = starts.length * window;
  if ((isSmall ? 1 : 4) * elements > maximumBytes) {
    throw new InputError(
      `${place}: ${part} data: ${starts.length} windows of ${window} tokens are too many: raise data.stride`,
    );
  }
  const fieldOf = (shift: number): Uint8Array => {
    const values = isSmall ? new Uint8Array(elements) : new Int32Array(elements);
    starts.forEach((start, index) => {
      values.set(ids.subarray(start + shift, start + shift + window), index * window);
    });
    return new Uint8Array(values.buffer);
  };
  return { count: starts.length, fields: [fieldOf(0), fieldOf(1)] };
}
