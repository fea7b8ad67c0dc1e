// Transposed convolutions as others state them: of what the filters spread over, how much is cut off on each side.

import { inputOf, type OpNode } from '../engine/ops/op.ts';
import { type Padding, padded } from '../engine/ops/window.ts';

type Pair = readonly [rows: number, columns: number];

export interface Spread {
  readonly window: Pair;
  readonly stride: Pair;
  /** Cut off above and to the left. */
  readonly before: Pair;
  /** Cut off below and to the right; added there, where it is below 0. */
  readonly behind: Pair;
}

/** Of a `conv2dTranspose`. */
export function spreadAttributes(node: OpNode): Spread {
  const { stride, padding } = node.attributes as { readonly stride: number; readonly padding: Padding };
  const sides = [0, 1].map((side) => {
    const [size = 1, window = 1] = [inputOf(node).shape[side], inputOf(node, 1).shape[side]];
    const output = node.output.shape[side] ?? 1;
    const { before } = padded(output, window, stride, padding);
    return { window, before, behind: (size - 1) * stride + window - output - before };
  });
  const pairOf = (key: 'window' | 'before' | 'behind'): Pair => [sides[0]?.[key] ?? 0, sides[1]?.[key] ?? 0];
  return { window: pairOf('window'), stride: [stride, stride], before: pairOf('before'), behind: pairOf('behind') };
}
