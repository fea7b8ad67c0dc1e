// text: windows of tokens over a text, each position labelled with the token that follows it.

import * as v from 'valibot';
import { fraction, wholeNumber } from '../../json/numbers.ts';
import { charactersSchema } from '../vocabulary.ts';
import { defineDataSource, pathSchema } from './data_source.ts';

const schema = v.pipe(
  v.strictObject({
    source: v.literal('text'),
    /** A text of one's own in UTF-8, plain or gzip. */
    file: v.exactOptional(pathSchema),
    /** Instead of a file: texts that come with an npm package, which must be installed. */
    corpus: v.exactOptional(v.picklist(['sotu', 'moby-dick'])),
    /** What a token is: a character, a byte, or one of the byte pairs of GPT-2. */
    tokens: v.optional(v.picklist(['characters', 'bytes', 'r50k_base']), 'characters'),
    /** The characters there are, in the order of their ids; left out, those that occur in the text. */
    alphabet: v.exactOptional(charactersSchema),
    /** One of the alphabet that stands for every character that is not in it; left out, there may be none such. */
    unknown: v.exactOptional(v.string('expected a character of the alphabet')),
    /** Tokens in a sample. */
    window: wholeNumber(2, 65_536),
    /** From the start of a sample to that of the next, in tokens; left out, samples follow each other. */
    stride: v.exactOptional(wholeNumber(1, 65_536)),
    /** The text is cut into so many pieces of equal length, and each is split: training first, then validation, then test. */
    pieces: v.optional(wholeNumber(1, 10_000), 1),
    validationFraction: v.optional(fraction, 0.1),
    testFraction: v.optional(fraction, 0.1),
  }),
  v.check(
    ({ file, corpus }) => (file === undefined) !== (corpus === undefined),
    'expected exactly one of file and corpus',
  ),
  v.check(
    ({ validationFraction, testFraction }) => validationFraction + testFraction < 1,
    'expected validationFraction and testFraction to leave something for training',
  ),
  v.check(
    ({ tokens, alphabet, unknown }) => tokens === 'characters' || (alphabet === undefined && unknown === undefined),
    'expected alphabet and unknown with tokens of characters only',
  ),
  v.check(
    ({ alphabet, unknown }) => unknown === undefined || [...(alphabet ?? '')].includes(unknown),
    'expected unknown to be a character of the alphabet',
  ),
);

export type TextSource = Readonly<v.InferOutput<typeof schema>>;

export const text = defineDataSource({ source: 'text', schema, files: ['file'] });
