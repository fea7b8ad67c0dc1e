// JSON (RFC 8259) with errors that name line and column on every engine, and without repeated keys, which JSON.parse
// settles in silence.

import { InputError } from '../errors.ts';
import { plainText } from '../protocol/plain_text.ts';

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** Deeper than any file of ours; bounds the recursion. */
const maximumDepth = 100;

/**
 * Parses a text; `source` is how errors call it.
 * @param maximumValues values, those within others included, of which the text may have no more
 * @throws {InputError} like `job.json: line 3, column 7: expected "," or "}", found "x"`.
 */
export function parseJson(text: string, source: string, maximumValues = Number.POSITIVE_INFINITY): JsonValue {
  const reader = new JsonReader(text, source, maximumValues);
  const value = reader.value(0);
  reader.end();
  return value;
}

const whitespace = /[ \t\n\r]*/y;
const number = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
/** Of a text that may be long, the beginning, fit to be shown. */
const excerpt = (text: string) => plainText(text.slice(0, 400));

const [quote, backslash, space] = [0x22, 0x5c, 0x20];
const literals = new Map<string, JsonValue>([
  ['true', true],
  ['false', false],
  ['null', null],
]);

class JsonReader {
  readonly #text: string;
  readonly #source: string;
  readonly #maximumValues: number;
  #at = 0;
  #values = 0;

  constructor(text: string, source: string, maximumValues: number) {
    this.#text = text;
    this.#source = source;
    this.#maximumValues = maximumValues;
  }

  value(depth: number): JsonValue {
    this.#skip();
    this.#values += 1;
    if (this.#values > this.#maximumValues) this.#fail(`more than ${this.#maximumValues} values`);
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
    if (!Number.isFinite(parsed)) this.#fail(`${excerpt(digits)} is too large a number`, this.#at - digits.length);
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
      if (entries.has(key)) this.#fail(`duplicate key "${excerpt(key)}"`, start);
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
    const end = this.#endOfString();
    const literal = this.#text.slice(this.#at, end);
    try {
      const value = JSON.parse(literal) as string;
      this.#at = end;
      return value;
    } catch {
      this.#fail('this string is not closed, or has a bad escape or a line break in it');
    }
  }

  /** Behind the closing quote, or where there should have been one. No regular expression: a long string exhausts it. */
  #endOfString(): number {
    for (let at = this.#at + 1; at < this.#text.length; at++) {
      const code = this.#text.charCodeAt(at);
      if (code === quote) return at + 1;
      if (code === backslash) at += 1;
      else if (code < space) return at;
    }
    return this.#text.length;
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
    const code = this.#text.codePointAt(this.#at);
    if (code === undefined) return 'the end';
    const character = String.fromCodePoint(code);
    return plainText(character) === '' ? `U+${code.toString(16).padStart(4, '0')}` : JSON.stringify(character);
  }

  #fail(what: string, at = this.#at): never {
    let [line, start] = [1, 0];
    for (let end = this.#text.indexOf('\n'); end >= 0 && end < at; end = this.#text.indexOf('\n', start)) {
      line += 1;
      start = end + 1;
    }
    throw new InputError(`${this.#source}: line ${line}, column ${at - start + 1}: ${what}`);
  }
}
