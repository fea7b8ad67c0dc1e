// Text to token ids and back, as a vocabulary says.

import type { Vocabulary } from '../../shared/data/vocabulary.ts';
import { openBytePairs } from './byte_pair_tokens.ts';
import { bytesTokenizer } from './byte_tokens.ts';
import { charactersTokenizer } from './character_tokens.ts';

export interface Tokenizer {
  readonly vocabulary: Vocabulary;
  /**
   * @param text in UTF-8
   * @param place how errors call the text
   * @throws {InputError} naming what the vocabulary has no token for, and where it stands.
   */
  readonly encode: (text: Uint8Array, place: string) => Int32Array;
  /** For ids that come one by one. */
  readonly decoder: () => TokenDecoder;
}

export interface TokenDecoder {
  /** The text that is complete now: a character may take several tokens. */
  readonly add: (id: number) => string;
  /** What is left of a character that never became complete. */
  readonly end: () => string;
}

/** @throws {InputError} naming the package that byte pairs need, if it is not installed. */
export function openTokenizer(vocabulary: Vocabulary): Tokenizer {
  switch (vocabulary.kind) {
    case 'bytes':
      return bytesTokenizer(vocabulary);
    case 'characters':
      return charactersTokenizer(vocabulary);
    case 'r50k_base':
      return openBytePairs(vocabulary);
    default:
      return vocabulary satisfies never;
  }
}
