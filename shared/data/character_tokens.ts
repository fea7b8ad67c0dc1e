// Characters (code points) as tokens.

import { InputError } from '../errors.ts';
import { decodeText } from './decode_text.ts';
import type { Tokenizer } from './tokenizer.ts';
import type { Vocabulary } from './vocabulary.ts';

type CharacterVocabulary = Extract<Vocabulary, { readonly kind: 'characters' }>;

/** The characters that occur in a text, by code point. */
export function charactersIn(text: string): string {
  const found = new Set(text);
  return [...found].sort((one, other) => (one.codePointAt(0) ?? 0) - (other.codePointAt(0) ?? 0)).join('');
}

export function charactersTokenizer(vocabulary: CharacterVocabulary): Tokenizer {
  const characters = [...vocabulary.characters];
  const ids = new Map(characters.map((character, id) => [character, id]));
  const unknown = vocabulary.unknown === undefined ? undefined : ids.get(vocabulary.unknown);
  return {
    vocabulary,
    encode(bytes, place) {
      const text = decodeText(bytes, place);
      const encoded = new Int32Array(text.length);
      let [length, at] = [0, 0];
      for (const character of text) {
        const id = ids.get(character) ?? unknown;
        if (id === undefined) throw new InputError(`${place}: ${positionOf(text, at)}: ${notInAlphabet(character)}`);
        encoded[length++] = id;
        at += character.length;
      }
      return encoded.subarray(0, length);
    },
    decoder: () => ({ add: (id) => characters[id] ?? '', end: () => '' }),
  };
}

function positionOf(text: string, at: number): string {
  const lines = text.slice(0, at).split('\n');
  return `line ${lines.length}, column ${[...(lines.at(-1) ?? '')].length + 1}`;
}

function notInAlphabet(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return `the alphabet has no ${JSON.stringify(character)} (U+${code}), and no character stands for unknown ones`;
}
