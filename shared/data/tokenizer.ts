// Text to token ids and back, as a vocabulary says.

import { bytesTokenizer } from './byte_tokens.ts';
import { charactersTokenizer } from './character_tokens.ts';
import type { Vocabulary } from './vocabulary.ts';

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

/** The tokenizer of a vocabulary that says all there is to know; undefined of byte pairs, whose table is a package's. */
export function selfContainedTokenizer(vocabulary: Vocabulary): Tokenizer | undefined {
  switch (vocabulary.kind) {
    case 'bytes':
      return bytesTokenizer(vocabulary);
    case 'characters':
      return charactersTokenizer(vocabulary);
    case 'r50k_base':
      return undefined;
    default:
      return vocabulary satisfies never;
  }
}

/** What stands in front of a text that has no beginning yet: a line's end, where the vocabulary has one. */
export function startOfText(tokenizer: Tokenizer): Int32Array {
  try {
    return tokenizer.encode(Uint8Array.of(0x0a), 'the start');
  } catch {
    return Int32Array.of(0);
  }
}
