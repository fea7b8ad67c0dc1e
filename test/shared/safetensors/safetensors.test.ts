import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../shared/errors.ts';
import { readSafetensors, type SafeTensor, writeSafetensors } from '../../../shared/safetensors/safetensors.ts';

const elementBytes = { F32: 4, F64: 8, I32: 4, U8: 1 } as const;

const tensor = fc
  .record({
    type: fc.constantFrom(...(Object.keys(elementBytes) as (keyof typeof elementBytes)[])),
    shape: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }),
    fill: fc.nat(255),
  })
  .map(({ type, shape, fill }) => ({
    type,
    shape,
    bytes: new Uint8Array(shape.reduce((product, size) => product * size, elementBytes[type])).fill(fill),
  }));

const names = fc.string({ minLength: 1, unit: 'grapheme-ascii' }).filter((name) => name !== '__metadata__');

const files = fc.record({
  tensors: fc
    .uniqueArray(fc.record({ name: names, tensor }), { selector: ({ name }) => name, maxLength: 5 })
    .map((named): SafeTensor[] => named.map(({ name, tensor }) => ({ name, ...tensor }))),
  metadata: fc.dictionary(fc.string(), fc.string()),
});

/** A file with the given header text, as it stands. */
function withHeader(header: string, data: Uint8Array = new Uint8Array()): Uint8Array {
  const text = new TextEncoder().encode(header);
  const file = new Uint8Array(8 + text.length + data.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  file.set(data, 8 + text.length);
  return file;
}

const entry = (fields: object) => JSON.stringify({ w: { dtype: 'U8', shape: [2], data_offsets: [0, 2], ...fields } });

describe('writeSafetensors', () => {
  it('writes the layout of the specification: length, header padded with spaces to 8, data', () => {
    const bytes = new Uint8Array(Float32Array.of(1, -2).buffer);
    const file = writeSafetensors({ tensors: [{ name: 'w', type: 'F32', shape: [2], bytes }], metadata: { a: 'b' } });
    const header = '{"__metadata__":{"a":"b"},"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}';
    const padded = header.padEnd(Math.ceil(header.length / 8) * 8);
    expect(Buffer.from(file.subarray(0, 8)).readBigUInt64LE()).toBe(BigInt(padded.length));
    expect(Buffer.from(file.subarray(8, 8 + padded.length)).toString()).toBe(padded);
    expect(Buffer.from(file.subarray(8 + padded.length)).toString('hex')).toBe('0000803f000000c0');
  });

  it('refuses bytes that are not the shape’s, and a name given twice', () => {
    const w: SafeTensor = { name: 'w', type: 'F32', shape: [2], bytes: new Uint8Array(8) };
    expect(() => writeSafetensors({ tensors: [{ ...w, shape: [3] }], metadata: {} })).toThrow(
      'tensor w: 8 bytes for F32 [3], expected 12',
    );
    expect(() => writeSafetensors({ tensors: [w, w], metadata: {} })).toThrow('duplicate tensor name w');
  });
});

describe('readSafetensors', () => {
  it('gives back what was written, as views of the file', () => {
    fc.assert(
      fc.property(files, ({ tensors, metadata }) => {
        const file = writeSafetensors({ tensors, metadata });
        const read = readSafetensors(file);
        const byName = (one: SafeTensor, other: SafeTensor) => (one.name < other.name ? -1 : 1);
        expect([...read.tensors].sort(byName)).toEqual([...tensors].sort(byName));
        expect(read.metadata).toEqual(metadata);
        for (const { bytes } of read.tensors) expect(bytes.buffer).toBe(file.buffer);
      }),
    );
  });

  it('reads tensors that stand in another order than their names, and no metadata', () => {
    const header = JSON.stringify({
      a: { dtype: 'U8', shape: [1], data_offsets: [2, 3] },
      b: { dtype: 'U8', shape: [2], data_offsets: [0, 2] },
    });
    const { tensors, metadata } = readSafetensors(withHeader(header, Uint8Array.of(1, 2, 3)));
    expect(tensors.map(({ name, bytes }) => [name, ...bytes])).toEqual([
      ['a', 3],
      ['b', 1, 2],
    ]);
    expect(metadata).toEqual({});
  });

  const two = new Uint8Array(2);
  it.each([
    ['a file shorter than its length', new Uint8Array(7), '7 bytes are too few for a header'],
    [
      'a header beyond the limit',
      Uint8Array.of(1, 0xe1, 0xf5, 5, 0, 0, 0, 0),
      'a header of 100000001 bytes, at most 8388608 are read',
    ],
    ['a header cut off', withHeader('{}').subarray(0, 9), 'cut off within its header (9 bytes of 10)'],
    ['a header that is not UTF-8', Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0xff), 'its header is not UTF-8'],
    ['a header that is a list', withHeader('[]'), 'its header does not start with {'],
    ['a header with spaces in front', withHeader(' {}'), 'its header does not start with {'],
    ['a header that is no JSON', withHeader('{'), 'safetensors header: line 1, column 2'],
    ['a name given twice', withHeader('{"a":1,"a":2}'), 'duplicate key "a"'],
    ['metadata that is no text', withHeader('{"__metadata__":{"a":1}}'), '__metadata__ is not a map of strings'],
    ['an unknown type', withHeader(entry({ dtype: 'F16' }), two), 'tensor w: dtype'],
    ['an unknown key', withHeader(entry({ more: 1 }), two), 'tensor w: more'],
    ['a negative dimension', withHeader(entry({ shape: [-2] }), two), 'tensor w: shape.0'],
    ['a fraction for an offset', withHeader(entry({ data_offsets: [0, 1.5] }), two), 'tensor w: data_offsets.1'],
    [
      'offsets that do not fit the shape',
      withHeader(entry({ shape: [3] }), two),
      'tensor w: 2 bytes for U8 [3], expected 3',
    ],
    ['offsets in reverse', withHeader(entry({ data_offsets: [2, 0] }), two), 'tensor w: -2 bytes for U8 [2]'],
    ['truncated data', withHeader(entry({}), new Uint8Array(1)), 'tensor w is cut off (1 data bytes of 2)'],
    ['trailing bytes', withHeader(entry({}), new Uint8Array(5)), '3 bytes too many behind the last tensor'],
    [
      'a hole',
      withHeader(entry({ data_offsets: [1, 3] }), new Uint8Array(3)),
      'tensor w overlaps another or leaves a hole',
    ],
    [
      'an overlap',
      withHeader(
        JSON.stringify({
          a: { dtype: 'U8', shape: [2], data_offsets: [0, 2] },
          b: { dtype: 'U8', shape: [2], data_offsets: [1, 3] },
        }),
        new Uint8Array(3),
      ),
      'tensor b overlaps another or leaves a hole',
    ],
  ])('refuses %s by name', (_what, file, message) => {
    expect(() => readSafetensors(file)).toThrow(InputError);
    expect(() => readSafetensors(file)).toThrow(message);
  });

  it('refuses a file that is cut off anywhere', () => {
    fc.assert(
      fc.property(files, fc.nat(), (content, cut) => {
        const file = writeSafetensors(content);
        expect(() => readSafetensors(file.subarray(0, cut % file.length))).toThrow(InputError);
      }),
    );
  });

  it('throws nothing but InputError when a byte of the header is changed', () => {
    fc.assert(
      fc.property(files, fc.nat(), fc.nat(255), (content, at, value) => {
        const file = writeSafetensors(content);
        file[at % file.length] = value;
        try {
          readSafetensors(file);
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

/** Headers as long as they may be, of whatever costs most to read. */
const most = 2 ** 23 - 8;
const filled = (start: string, repeated: string, end = '') =>
  start + repeated.repeat(Math.floor((most - start.length - end.length) / repeated.length)) + end;
const entries = (count: number, of: (index: number) => string) =>
  `{${Array.from({ length: count }, (_, index) => of(index)).join(',')}}`;
const empty = (name: string) => `"${name}":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}`;

describe('a file made to keep its reader busy', () => {
  it.each<[string, RegExp, () => string]>([
    ['a name as long as the header', /a name of 83\d{5} characters/, () => filled('{"', 'a', '":{}}')],
    ['a string that is not closed', /column 2: this string is not closed/, () => filled('{"', 'a')],
    ['a string of escapes', /a name of \d+ characters/, () => filled('{"', '\\n', '":{}}')],
    [
      'a type as long as the header',
      /^safetensors: tensor w: dtype: .{1,200}$/,
      () => filled('{"w":{"dtype":"', 'x', '"}}'),
    ],
    [
      '300,000 empty tensors',
      /a header of 17288891 bytes, at most/,
      () => entries(300_000, (index) => empty(`t${index}`)),
    ],
    [
      'more tensors than are read',
      /8193 tensors, at most 8192 are read/,
      () => entries(8_193, (index) => empty(`t${index}`)),
    ],
    ['600,000 of the smallest entries', /more than 262144 values/, () => entries(600_000, (index) => `"${index}":1`)],
    ['one name for all', /duplicate key "t"/, () => entries(150_000, () => empty('t'))],
    ['nesting', /nested deeper than 100 levels/, () => filled('{"w":', '[')],
    ['nesting in objects', /nested deeper than 100 levels/, () => filled('', '{"a":')],
    ['line feeds', /line 83\d{5}, column 1: expected/, () => filled('{', '\n')],
    ['a number as long as the header', /^.{1,300} is too large a number$/, () => filled('{"w":', '9', '}')],
    [
      'a shape of many dimensions',
      /^safetensors: tensor w: shape: Invalid length/,
      () => `{"w":{"dtype":"U8","data_offsets":[0,0],"shape":[0${',0'.repeat(200_000)}]}}`,
    ],
    [
      'a key that is too many',
      /^safetensors: tensor w: .{1,200}$/,
      () => filled('{"w":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"', 'k', '":1}}'),
    ],
    [
      'metadata that is a list',
      /__metadata__ is not a map of strings/,
      () => `{"__metadata__":[${'"",'.repeat(200_000)}""]}`,
    ],
  ])('%s, is refused in one short line', (_, reason, header) => {
    let message = '';
    try {
      readSafetensors(withHeader(header()));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      message = error.message;
    }
    expect(message).toMatch(reason);
    expect(message.length).toBeLessThan(600);
    expect(message).not.toMatch(/[\n\r]/);
  });

  it('as long as the specification allows is refused for that', () => {
    expect(() => readSafetensors(withHeader(`{"${'a'.repeat(60_000_000)}":{}}`))).toThrow(
      'a header of 60000007 bytes, at most 8388608 are read',
    );
  });

  it('in the least that is allowed is read', () => {
    const text = 'x'.repeat(8_000_000);
    expect(readSafetensors(withHeader(`{"__metadata__":{"a":"${text}"}}`)).metadata.a === text).toBe(true);
    const header = entries(8_192, (index) => empty(`t${index}`));
    expect(readSafetensors(withHeader(header)).tensors).toHaveLength(8_192);
  });

  it('cannot write to a terminal what it likes', () => {
    const name = 'w\\u001b[2J\\u009b1A\\n';
    expect(() => readSafetensors(withHeader(`{"${name}":{}}`))).toThrow(/^safetensors: tensor w\[2J1A: dtype: /);
    expect(() => readSafetensors(withHeader('{\u009b'))).toThrow('found U+009b');
  });
});

describe('a valid file whose header was mutated', () => {
  const w: SafeTensor = { name: 'w', type: 'F32', shape: [2, 3], bytes: new Uint8Array(24).fill(1) };
  const bias: SafeTensor = { name: 'bias', type: 'F64', shape: [], bytes: new Uint8Array(8).fill(2) };
  const file = writeSafetensors({ tensors: [w, bias], metadata: { format: 'test', note: 'ä"\\' } });
  const headerEnd = 8 + Number(new DataView(file.buffer).getBigUint64(0, true));
  const header = new TextDecoder().decode(file.subarray(8, headerEnd)).trimEnd();
  const tokens = header.match(/"(?:[^"\\]|\\.)*"|\d+|[^\s\w"]/g) ?? [];
  const odd = [
    '-1',
    '1e999',
    '9007199254740993',
    '0.5',
    'null',
    '"',
    '""',
    '{}',
    '[]',
    '"\\ud800"',
    '\0',
    ',',
    '\u2028',
  ];

  it('throws nothing but InputError, of one line', () => {
    const edit = fc.record({
      at: fc.nat(tokens.length - 1),
      kind: fc.constantFrom('drop', 'double', 'replace', 'swap'),
      odd: fc.constantFrom(...odd, ...tokens),
      other: fc.nat(tokens.length - 1),
    });
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
        const changed = [...tokens];
        for (const { at, kind, odd: token, other } of edits) {
          const before = changed[at] ?? '';
          if (kind === 'drop') changed[at] = '';
          else if (kind === 'double') changed[at] = before + before;
          else if (kind === 'replace') changed[at] = token;
          else [changed[at], changed[other]] = [changed[other] ?? '', before];
        }
        try {
          readSafetensors(withHeader(changed.join(''), file.subarray(headerEnd)));
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
          expect(String(error)).not.toMatch(/[\p{Cc}\p{Zl}]/u);
        }
      }),
      { numRuns: 3000 },
    );
  });
});
