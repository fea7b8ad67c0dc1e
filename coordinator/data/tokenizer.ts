// Tokenizers, byte pairs among them.

import { selfContainedTokenizer, type Tokenizer } from '../../shared/data/tokenizer.ts';
import type { Vocabulary } from '../../shared/data/vocabulary.ts';
import { openBytePairs } from './byte_pair_tokens.ts';

/** @throws {InputError} naming the package that byte pairs need, if it is not installed. */
export function openTokenizer(vocabulary: Vocabulary): Tokenizer {
  return selfContainedTokenizer(vocabulary) ?? openBytePairs(vocabulary);
}
