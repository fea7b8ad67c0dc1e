// Ops that combine, choose and rearrange tensors: against plain loops and against numerical differentiation.

import { describe, expect, it } from 'vitest';
import { buildModel } from '../../../../shared/engine/model.ts';
import { Replica } from '../../../../shared/engine/replica.ts';
import { engines, profiles } from '../../kernels/profiles.ts';
import { type BuildOp, expectForward, expectGradients, graphOfOp, type Ids, type OpCase } from './graph_checks.ts';

const cases: Readonly<Record<string, readonly [build: BuildOp, shape: readonly number[], ids?: Ids]>> = {
  'embedding of i32': [
    (b, { ids, parameter }) => b.embedding('y', ids, parameter('table', [5, 6])),
    [7, 6],
    { shape: [7], entries: 5 },
  ],
  'embedding of bytes, any shape, twice': [
    (b, { ids, parameter }) =>
      b.add(
        'y',
        b.embedding('one', ids, parameter('table', [3, 5])),
        b.embedding('other', ids, parameter('more', [4, 5])),
      ),
    [2, 3, 5],
    { shape: [2, 3], entries: 3, type: 'u8' },
  ],
  'a table used as embedding and as output': [
    (b, { ids, parameter }) => {
      const table = parameter('table', [9, 5]);
      return b.matmul('y', b.embedding('x', ids, table), table, { transposed: true });
    },
    [4, 9],
    { shape: [4], entries: 9 },
  ],
  'matmul with a transposed parameter, bias, relu': [
    (b, { learnt, parameter }) => {
      const product = b.matmul('p', learnt('x', [3, 6]), parameter('w', [11, 6]), { transposed: true });
      return b.activation('y', 'relu', b.bias('sum', product, parameter('b', [11])));
    },
    [3, 11],
  ],
  'add of one shape': [(b, { learnt }) => b.add('y', learnt('l', [3, 4]), learnt('r', [3, 4])), [3, 4]],
  'add of a tensor to itself': [
    (b, { learnt }) => {
      const x = learnt('l', [3, 4]);
      return b.add('y', x, x);
    },
    [3, 4],
  ],
  'add of a parameter for each position': [
    (b, { learnt, parameter }) => b.add('y', learnt('l', [3, 5]), parameter('p', [3, 5])),
    [3, 5],
  ],
  'add to a parameter of the last dimension': [
    (b, { learnt, parameter }) => b.add('y', parameter('p', [1, 5]), learnt('l', [2, 3, 5])),
    [2, 3, 5],
  ],
  'add of a column parameter': [
    (b, { learnt, parameter }) => b.add('y', learnt('l', [4, 3]), parameter('p', [4, 1])),
    [4, 3],
  ],
  'add of a row and a column': [(b, { learnt }) => b.add('y', learnt('l', [4, 1]), learnt('r', [3])), [4, 3]],
  'add of a number': [(b, { learnt, parameter }) => b.add('y', learnt('l', [4, 3]), parameter('p', [])), [4, 3]],
  'multiply of one shape': [(b, { learnt }) => b.multiply('y', learnt('l', [3, 4]), learnt('r', [3, 4])), [3, 4]],
  'multiply of a tensor by itself': [
    (b, { learnt }) => {
      const x = learnt('l', [3, 4]);
      return b.multiply('y', x, x);
    },
    [3, 4],
  ],
  'multiply by a parameter of the last dimension': [
    (b, { learnt, parameter }) => b.multiply('y', learnt('l', [2, 3, 5]), parameter('p', [5])),
    [2, 3, 5],
  ],
  'multiply by a gate for each channel': [
    (b, { learnt }) => b.multiply('y', learnt('l', [1, 1, 5]), learnt('r', [2, 3, 5])),
    [2, 3, 5],
  ],
  'multiply of a row and a column': [(b, { learnt }) => b.multiply('y', learnt('l', [4, 1]), learnt('r', [3])), [4, 3]],
  'multiply of a parameter by a wider tensor': [
    (b, { learnt, parameter }) => b.multiply('y', parameter('p', [4, 3]), learnt('r', [4, 1])),
    [4, 3],
  ],
  'softmax along the last axis': [(b, { learnt }) => b.softmax('y', learnt('x', [3, 5])), [3, 5]],
  'softmax along another axis': [(b, { learnt }) => b.softmax('y', learnt('x', [2, 3, 5]), 1), [2, 3, 5]],
  'softmax along the first axis': [(b, { learnt }) => b.softmax('y', learnt('x', [4, 3]), 0), [4, 3]],
  'transpose, reversed': [(b, { learnt }) => b.transpose('y', learnt('x', [2, 3, 5])), [5, 3, 2]],
  'transpose in an order': [(b, { learnt }) => b.transpose('y', learnt('x', [2, 3, 4, 5]), [2, 0, 3, 1]), [4, 2, 5, 3]],
  'slice of rows': [(b, { learnt }) => b.slice('y', learnt('x', [5, 3]), { axis: 0, start: 1, length: 3 }), [3, 3]],
  'slice of columns': [
    (b, { learnt }) => b.slice('y', learnt('x', [2, 3, 7]), { axis: -1, start: 2, length: 4 }),
    [2, 3, 4],
  ],
  'concat of columns': [
    (b, { learnt }) => b.concat('y', [learnt('one', [3, 2]), learnt('two', [3, 1]), learnt('three', [3, 4])]),
    [3, 7],
  ],
  'concat along another axis, of one tensor twice': [
    (b, { learnt }) => {
      const x = learnt('x', [2, 3, 2]);
      return b.concat('y', [x, learnt('z', [2, 1, 2]), x], 1);
    },
    [2, 7, 2],
  ],
  'a matrix product': [(b, { learnt }) => b.batchedMatmul('y', learnt('l', [3, 4]), learnt('r', [4, 9])), [3, 9]],
  ...Object.fromEntries(
    [true, false].flatMap((transposedLeft) =>
      [true, false].map((transposedRight): [string, [BuildOp, readonly number[]]] => [
        `matrix products (left transposed: ${transposedLeft}, right: ${transposedRight})`,
        [
          (b, { learnt }) => {
            const left = learnt('l', transposedLeft ? [2, 4, 3] : [2, 3, 4]);
            const right = learnt('r', transposedRight ? [2, 9, 4] : [2, 4, 9]);
            return b.batchedMatmul('y', left, right, { transposedLeft, transposedRight });
          },
          [2, 3, 9],
        ],
      ]),
    ),
  ),
};

describe.each(Object.entries(cases))('%s', (_, given) => {
  it.each(profiles)('gives what plain loops give, and its gradient too, in the %s profile', (profile) => {
    const one: OpCase = graphOfOp(...given);
    for (const count of [1, 3]) {
      expectForward(profile, one, count);
      expectGradients(profile, one, count);
    }
  });
});

describe('in words', () => {
  it.each<[string, BuildOp, readonly number[]]>([
    [
      'node y (add): expected right [3, 4], as left, or one that broadcasts with it, found [2, 4]',
      (b, { learnt }) => b.add('y', learnt('l', [3, 4]), learnt('r', [2, 4])),
      [3, 4],
    ],
    [
      'node y (multiply): expected a tensor of each sample on one side, found parameter and parameter',
      (b, { parameter }) => b.multiply('y', parameter('l', [3]), parameter('r', [3])),
      [3],
    ],
    [
      'node y (embedding): expected ids: a u8 or i32 input, found x: f32 [3]',
      (b, { learnt, parameter }) => b.embedding('y', learnt('x', [3]), parameter('t', [3, 2])),
      [3, 2],
    ],
    [
      'node y (matmul): expected x [..., n] and a parameter [columns, n], found x [3] and parameter [3, 2]',
      (b, { learnt, parameter }) => b.matmul('y', learnt('x', [3]), parameter('t', [3, 2]), { transposed: true }),
      [2],
    ],
    [
      'node y (transpose): expected an order of the dimensions 0 to 1 of x [3, 2], found [0, 0]',
      (b, { learnt }) => b.transpose('y', learnt('x', [3, 2]), [0, 0]),
      [3, 3],
    ],
    [
      'node y (slice): expected indices below 3 along axis 0 of x [3, 2], found 2 to 3',
      (b, { learnt }) => b.slice('y', learnt('x', [3, 2]), { axis: 0, start: 2, length: 2 }),
      [2, 2],
    ],
    [
      'node y (slice): expected an axis of [3, 2], found axis 2',
      (b, { learnt }) => b.slice('y', learnt('x', [3, 2]), { axis: 2, length: 2 }),
      [2, 2],
    ],
    [
      'node y (concat): expected inputs like [3, 2] but along axis -1, found z [2, 2]',
      (b, { learnt }) => b.concat('y', [learnt('x', [3, 2]), learnt('z', [2, 2])]),
      [3, 4],
    ],
    [
      'node y (batchedMatmul): expected left [..., rows, n], right [..., columns, n], found [3, 2] and [2, 3]',
      (b, { learnt }) => b.batchedMatmul('y', learnt('x', [3, 2]), learnt('z', [2, 3]), { transposedRight: true }),
      [3, 3],
    ],
  ])('%s', (message, build, shape) => {
    expect(() => buildModel(graphOfOp(build, shape).graph)).toThrow(message);
  });

  it('says which id is beyond the table', () => {
    const build: BuildOp = (b, { ids, parameter }) => b.embedding('y', ids, parameter('table', [5, 6]));
    const { graph, samplesOf } = graphOfOp(build, [7, 6], { shape: [7], entries: 6 });
    const replica = Replica.create(engines.portable, graph, { microbatchSize: 2 });
    expect(() => replica.predict(samplesOf(2))).toThrow(
      'samples: label 5 of position 2 of sample 0 in field ids, expected 0 to 4',
    );
  });
});
