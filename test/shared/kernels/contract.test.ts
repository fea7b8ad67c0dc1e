import { describe, expect, it } from 'vitest';
import { contractOf, contractSource, entrySource, kernelsOf } from '../../../shared/kernels/contract.mjs';

const source = `
import { OptionalPointer } from './internal/pointer';

/** Not exported, so no kernel. */
function halve(x: f32): f32 { return x / 2; }

/**
 * output = half of input,
 * where there is one.
 */
export function half(output: usize, input: OptionalPointer, elements: i32, seed: u32, by: f32, to: f64): void {}

/** 1 if all is well. */
export function check(input: usize): i32 { return 1; }
`;

describe('the contract of the kernels', () => {
  it('holds every exported function, its parameters and its comment', () => {
    expect(kernelsOf('halves', source)).toEqual([
      {
        name: 'half',
        file: 'halves',
        parameters: [
          { name: 'output', type: 'Pointer', source: 'usize' },
          { name: 'input', type: 'Pointer | 0', source: 'OptionalPointer' },
          { name: 'elements', type: 'number', source: 'i32' },
          { name: 'seed', type: 'number', source: 'u32' },
          { name: 'by', type: 'number', source: 'f32' },
          { name: 'to', type: 'number', source: 'f64' },
        ],
        result: 'void',
        resultSource: 'void',
        documentation: '/**\n   * output = half of input,\n   * where there is one.\n   */',
      },
      {
        name: 'check',
        file: 'halves',
        parameters: [{ name: 'input', type: 'Pointer', source: 'usize' }],
        result: 'number',
        resultSource: 'i32',
        documentation: '/** 1 if all is well. */',
      },
    ]);
  });

  it('is written for both sides: as the entry of the binaries, and as a type with a list of names', () => {
    const kernels = contractOf([['halves', source]]);
    expect(entrySource(kernels)).toContain("export { half } from './halves';\nexport { check } from './halves';\n");
    expect(contractSource(kernels)).toContain(
      '  /** 1 if all is well. */\n  readonly check: (\n    input: Pointer,\n  ) => number;\n',
    );
    expect(contractSource(kernels)).toContain("= [\n  'half',\n  'check',\n];");
  });

  it.each([
    ['no comment', 'export function f(x: usize): void {}', 'a.ts: kernel f has no comment that says what it computes'],
    [
      'a type without a counterpart',
      '/** y. */\nexport function f(x: i64): void {}',
      'a.ts: kernel f has a parameter x of type i64, expected usize, OptionalPointer, i32, u32, f32, f64',
    ],
    [
      'a result without a counterpart',
      '/** y. */\nexport function f(): usize {}',
      'a.ts: kernel f has a result of type usize, expected void, i32, u32, f32, f64',
    ],
  ])('refuses a kernel with %s', (_, faulty, message) => {
    expect(() => kernelsOf('a', faulty)).toThrow(new Error(message));
  });

  it('refuses two kernels of one name', () => {
    const sources = [
      ['a', source],
      ['b', source],
    ] as const;
    expect(() => contractOf(sources)).toThrow('kernel half is in both a.ts and b.ts');
  });
});
