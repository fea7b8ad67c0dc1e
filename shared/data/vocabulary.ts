// What the token ids of a text stand for. It stays with the field that holds them: it is part of the data set's digest, and
// of every checkpoint, so that whoever has a model can write and read text with it.

import * as v from 'valibot';

/** Code points, each once: its position is its id. */
export const charactersSchema = v.pipe(
  v.string('expected a text'),
  v.check((text) => [...text].length === new Set(text).size && text !== '', 'expected characters, each of them once'),
);

export const vocabularySchema = v.variant('kind', [
  /** The bytes of UTF-8. */
  v.strictObject({ kind: v.literal('bytes') }),
  /** Code points; one of them, `unknown`, may stand for all that are not among them. */
  v.strictObject({
    kind: v.literal('characters'),
    characters: charactersSchema,
    unknown: v.exactOptional(v.string()),
  }),
  /** The byte pairs of GPT-2 and GPT-3. */
  v.strictObject({ kind: v.literal('r50k_base') }),
]);

/** What token ids stand for: bytes, characters or byte pairs. */
export type Vocabulary = Readonly<v.InferOutput<typeof vocabularySchema>>;

/** How many ids there are. */
export function vocabularySize(vocabulary: Vocabulary): number {
  switch (vocabulary.kind) {
    case 'bytes':
      return 256;
    case 'characters':
      return [...vocabulary.characters].length;
    case 'r50k_base':
      return 50_257;
    default:
      return vocabulary satisfies never;
  }
}
