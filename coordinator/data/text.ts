// A data set of windows over a text: a file, or a corpus from a package.

import { charactersIn } from '../../shared/data/character_tokens.ts';
import { decodeText } from '../../shared/data/decode_text.ts';
import type { TextSource } from '../../shared/data/sources/text.ts';
import { textDataSet } from '../../shared/data/text_data_set.ts';
import type { Vocabulary } from '../../shared/data/vocabulary.ts';
import { readCorpus } from './corpora.ts';
import { readDataFile } from './data_file.ts';
import { defineLoader } from './data_loader.ts';
import { sha256 } from './sha256.ts';
import { openTokenizer } from './tokenizer.ts';

export const textLoader = defineLoader({
  source: 'text',
  async load(source) {
    const { file, corpus, window, stride = window, pieces, validationFraction, testFraction } = source;
    const place = file ?? `corpus ${corpus}`;
    const text = corpus === undefined ? await readDataFile(file ?? '') : await readCorpus(corpus);
    const vocabulary = vocabularyOf(source, text, place);
    const tokenizer = openTokenizer(vocabulary);
    const ids = tokenizer.encode(text, place);
    const split = { pieces, validationFraction, testFraction };
    return textDataSet({ place, ids, vocabulary, window, stride, ...split, digestOf: sha256 });
  },
});

function vocabularyOf({ tokens, alphabet, unknown }: TextSource, text: Uint8Array, place: string): Vocabulary {
  if (tokens !== 'characters') return { kind: tokens };
  const characters = alphabet ?? charactersIn(decodeText(text, place));
  return { kind: 'characters', characters, ...(unknown !== undefined && { unknown }) };
}
