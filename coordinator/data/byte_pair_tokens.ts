// r50k_base, the byte pairs of GPT-2 and GPT-3, from the npm package `gpt-tokenizer`.

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { decodeText } from '../../shared/data/decode_text.ts';
import type { Tokenizer } from '../../shared/data/tokenizer.ts';
import type { Vocabulary } from '../../shared/data/vocabulary.ts';
import { packageFolder } from './package_file.ts';

/** What is used of the package. */
interface Encoding {
  readonly encode: (text: string, options: { readonly disallowedSpecial: ReadonlySet<string> }) => number[];
  readonly decodeGenerator: (ids: Iterable<number>) => Generator<string, void, void>;
}

/** @throws {InputError} if the package is not installed. */
export function openBytePairs(vocabulary: Vocabulary): Tokenizer {
  const file = join(packageFolder('gpt-tokenizer', 'tokens r50k_base'), 'cjs', 'encoding', 'r50k_base.js');
  const encoding = createRequire(file)(file) as Encoding;
  return {
    vocabulary,
    // What looks like a special token is text like any other.
    encode: (bytes, place) =>
      Int32Array.from(encoding.encode(decodeText(bytes, place), { disallowedSpecial: new Set() })),
    decoder() {
      let pending: number[] = [];
      return {
        add(id) {
          pending.push(id);
          // The generator holds an incomplete character back.
          const text = [...encoding.decodeGenerator(pending)].join('');
          if (text === '' || text.endsWith('\ufffd')) return '';
          pending = [];
          return text;
        },
        end: () => [...encoding.decodeGenerator(pending)].join(''),
      };
    },
  };
}
