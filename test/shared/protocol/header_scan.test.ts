import fc from 'fast-check';
import { Packr } from 'msgpackr';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../shared/protocol/close_codes.ts';
import { unpackHeader } from '../../../shared/protocol/header_codec.ts';
import { scanHeader } from '../../../shared/protocol/header_scan.ts';
import { maximumHeaderBytes } from '../../../shared/protocol/limits.ts';
import { fromHex } from './samples.ts';

const packr = new Packr({ useRecords: false, variableMapSize: true });
const wideMaps = new Packr({ useRecords: false, variableMapSize: false });

/** Plain data within the limits of depth and number: what a header may be. */
const plainValue = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', maxDepth: 3, withCrossShrink: true },
    fc.oneof(fc.constant(null), fc.boolean(), fc.integer(), fc.double(), fc.string({ maxLength: 300 })),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.string(), tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
})).value;
const plainObject = fc.dictionary(fc.string(), plainValue, { maxKeys: 3, noNullPrototype: true });

/** The error that the scan of these bytes ends in, if it does; any other kind of error fails the test. */
function refusal(bytes: Uint8Array): string | undefined {
  try {
    scanHeader(bytes);
    return undefined;
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    expect(error.closeName).toBe('badMessage');
    return error.message;
  }
}

describe('header scan', () => {
  it('passes every packed plain object', () => {
    fc.assert(
      fc.property(plainObject, (object) => {
        expect(refusal(packr.pack(object))).toBeUndefined();
        expect(refusal(wideMaps.pack(object))).toBeUndefined();
      }),
    );
  });

  it('passes every width of every kind of value', () => {
    const widths = [
      '81a16101',
      '81a161ff',
      '81a161c0',
      '81a161c2',
      '81a161c3',
      '81a161ca3f800000',
      '81a161cb3ff0000000000000',
      '81a161cc80',
      '81a161cd0100',
      '81a161ce00010000',
      '81a161cf0000000100000000',
      '81a161d080',
      '81a161d18000',
      '81a161d280000000',
      '81a161d38000000000000000',
      '81d90161d9026162',
      '81da000161da00026162',
      '81db0000000161db000000026162',
      '81a1619101',
      '81a161dc000101',
      '81a161dd0000000101',
      '81a16181a16201',
      'de0001a16101',
      'df00000001a16101',
    ];
    expect(widths.filter((bytes) => refusal(fromHex(bytes)) !== undefined)).toEqual([]);
  });

  it.each([
    ['', 'not a map'],
    ['90', 'not a map'],
    ['c1', 'not a map'],
    ['8000', '1 bytes behind its end'],
    ['80ffff', '2 bytes behind its end'],
    ['81', 'ends inside a value'],
    ['81a1', 'ends inside a value'],
    ['81a161', 'ends inside a value'],
    ['81a161db', 'ends inside a value'],
    ['81a161dbffffffff', 'ends inside a value'],
    ['81a161cb00', 'ends inside a value'],
    ['81a161c1', 'byte 0xc1 is not allowed'],
    ['81a161c40100', 'byte 0xc4 is not allowed'],
    ['81a161c5000100', 'byte 0xc5 is not allowed'],
    ['81a161c60000000100', 'byte 0xc6 is not allowed'],
    ['81a161c7010000', 'byte 0xc7 is not allowed'],
    ['81a161c800010000', 'byte 0xc8 is not allowed'],
    ['81a161c9000000010000', 'byte 0xc9 is not allowed'],
    ['81a161d47240', 'byte 0xd4 is not allowed'],
    ['81a161d5000000', 'byte 0xd5 is not allowed'],
    ['81a161d60000000000', 'byte 0xd6 is not allowed'],
    ['81a161d7000000000000000000', 'byte 0xd7 is not allowed'],
    ['81a161d80000000000000000000000000000000000', 'byte 0xd8 is not allowed'],
    ['818001', 'key that is not a string'],
    ['81c001', 'key that is not a string'],
    ['dfffffffff', 'more than 512 values'],
    ['de0100', 'more than 512 values'],
    ['81a161ddffffffff', 'more than 512 values'],
    ['81a161dc0200', 'more than 512 values'],
    [`81a161${'91'.repeat(5)}01`, undefined],
    [`81a161${'91'.repeat(6)}01`, 'more than 6 deep'],
    [`${'81a161'.repeat(6)}01`, undefined],
    [`${'81a161'.repeat(7)}01`, 'more than 6 deep'],
  ])('%s: %s', (bytes, expected) => {
    const found = refusal(fromHex(bytes));
    if (expected === undefined) expect(found).toBeUndefined();
    else expect(found).toContain(expected);
  });

  it('counts the values of all containers together', () => {
    const many = { a: Array(170).fill(0), b: Array(170).fill(0), c: Array(170).fill(0) };
    expect(refusal(packr.pack(many))).toContain('more than 512 values');
  });

  it('refuses the largest header of nested arrays without going deep', () => {
    const bytes = new Uint8Array(maximumHeaderBytes).fill(0x91);
    bytes.set(fromHex('81a161'));
    expect(refusal(bytes)).toContain('more than 6 deep');
  });

  it('refuses or decodes whatever bytes come, and nothing else happens', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.boolean(), (bytes, asMap) => {
        if (asMap && bytes.length > 0) bytes[0] = 0x80 | (bytes.length & 0x0f);
        if (refusal(bytes) === undefined) expect(typeof unpackHeader(bytes)).toBe('object');
      }),
      { numRuns: 2000 },
    );
  });

  it('refuses or decodes mutated headers, and nothing else happens', () => {
    fc.assert(
      fc.property(
        plainObject,
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        (object, mutations) => {
          const bytes = Uint8Array.from(packr.pack(object));
          for (const [position, value] of mutations) bytes[position % bytes.length] = value;
          if (refusal(bytes) === undefined) expect(typeof unpackHeader(bytes)).toBe('object');
        },
      ),
      { numRuns: 2000 },
    );
  });
});
