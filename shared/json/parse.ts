// JSON (RFC 8259) with errors that name line and column on every engine, and without repeated keys, which JSON.parse
// settles in silence.

import { InputError } from '../errors.ts';

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** Deeper than any file of ours; bounds the recursion. */
const maximumDepth = 100;

/**
 * Parses a text; `source` is how errors call it.
 * @throws {InputError} like `job.json: line 3, column 7: expected "," or "}", found "x"`.
 */
export function parseJson(text: string, source: string): JsonValue {
  const reader = new JsonReader(text, source);
  const value = reader.value(0);
  reader.end();
  return value;
}

const whitespace = /[ \t\n\r]*/y;
const number = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON strings must not hold them
const string = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const literals = new Map<string, JsonValue>([
  ['true', true],
  ['false', false],
  ['null', null],
]);

class JsonReader {
  readonly #text: string;
  readonly #source: string;
  #at = 0;

  constructor(text: string, source: string) {
    this.#text = text;
    this.#source = source;
  }

  value(depth: number): JsonValue {
    this.#skip();
    if (depth > maximumDepth) this.#fail(`nested deeper than ${maximumDepth} levels`);
    const first = this.#text[this.#at];
    if (first === '{') return this.#object(depth);
    if (first === '[') return this.#array(depth);
    if (first === '"') return this.#string('a string');
    for (const [name, value] of literals) {
      if (this.#text.startsWith(name, this.#at)) {
        this.#at += name.length;
        return value;
      }
    }
    const digits = this.#match(number);
    if (digits === undefined) this.#fail(`expected a value, found ${this.#found()}`);
    const parsed = Number(digits);
    if (!Number.isFinite(parsed)) this.#fail(`${digits} is too large a number`, this.#at - digits.length);
    return parsed;
  }

  end(): void {
    this.#skip();
    if (this.#at < this.#text.length) this.#fail(`expected the end, found ${this.#found()}`);
  }

  #object(depth: number): JsonValue {
    const entries = new Map<string, JsonValue>();
    this.#at += 1;
    if (this.#take('}')) return {};
    do {
      this.#skip();
      const start = this.#at;
      const key = this.#string('a key in double quotes');
      if (entries.has(key)) this.#fail(`duplicate key "${key}"`, start);
      if (!this.#take(':')) this.#fail(`expected ":", found ${this.#found()}`);
      entries.set(key, this.value(depth + 1));
    } while (this.#take(','));
    if (!this.#take('}')) this.#fail(`expected "," or "}", found ${this.#found()}`);
    // Not by assignment: a key __proto__ would set the prototype.
    return Object.fromEntries(entries);
  }

  #array(depth: number): JsonValue {
    const items: JsonValue[] = [];
    this.#at += 1;
    if (this.#take(']')) return items;
    do items.push(this.value(depth + 1));
    while (this.#take(','));
    if (!this.#take(']')) this.#fail(`expected "," or "]", found ${this.#found()}`);
    return items;
  }

  #string(expected: string): string {
    if (this.#text[this.#at] !== '"') this.#fail(`expected ${expected}, found ${this.#found()}`);
    const literal = this.#match(string);
    if (literal === undefined) this.#fail('this string is not closed, or has a bad escape or a line break in it');
    return JSON.parse(literal) as string;
  }

  #take(character: string): boolean {
    this.#skip();
    const found = this.#text[this.#at] === character;
    if (found) this.#at += 1;
    return found;
  }

  #skip(): void {
    this.#match(whitespace);
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }

  #found(): string {
    const character = this.#text.codePointAt(this.#at);
    return character === undefined ? 'the end' : JSON.stringify(String.fromCodePoint(character));
  }

  #fail(what: string, at = this.#at): never {
    const before = this.#text.slice(0, at).split('\n');
    const column = (before.at(-1)?.length ?? 0) + 1;
    throw new InputError(`${this.#source}: line ${before.length}, column ${column}: ${what}`);
  }
}
