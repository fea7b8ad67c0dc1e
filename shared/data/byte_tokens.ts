// Bytes as tokens: a byte is its own id, so any file is a text.

import type { Tokenizer } from './tokenizer.ts';
import type { Vocabulary } from './vocabulary.ts';

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
