// Bytes as tokens: a byte is its own id, so any file is a text.

import type { Vocabulary } from '../../shared/data/vocabulary.ts';
import type { Tokenizer } from './tokenizer.ts';

export function bytesTokenizer(vocabulary: Vocabulary): Tokenizer {
  return {
    vocabulary,
    encode: (text) => Int32Array.from(text),
    decoder() {
      const decoder = new TextDecoder();
      return { add: (id) => decoder.decode(Uint8Array.of(id), { stream: true }), end: () => decoder.decode() };
    },
  };
}
