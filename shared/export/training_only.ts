// What ops that are on in training alone are in a model that others use: nothing, or a cut out of the middle.

import { inputOf, type OpNode, type Tensor } from '../engine/ops/op.ts';

/** What every format's writer can say: a node gives what its input is. */
interface Aliases {
  readonly alias: (node: OpNode, input: Tensor) => void;
}

/** The exporter of an op that does nothing outside training, in any format. */
export function nothing(op: string) {
  return { op, write: (to: Aliases, node: OpNode) => to.alias(node, inputOf(node)) };
}

/** Zeros to add on each side; fewer than none cut the image. */
export interface Padding {
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
}

/** The exporter of `randomCrop`: what is left of it is nothing, or padding that `write` writes. */
export function centred<To extends Aliases>(write: (to: To, node: OpNode, padding: Padding) => void) {
  return {
    op: 'randomCrop',
    write(to: To, node: OpNode) {
      const [rows = 1, columns = 1] = inputOf(node).shape;
      const [height = 1, width = 1] = node.output.shape;
      const [top, left] = [-Math.floor((rows - height) / 2), -Math.floor((columns - width) / 2)];
      if (height === rows && width === columns) to.alias(node, inputOf(node));
      else write(to, node, { top, left, bottom: height - rows - top, right: width - columns - left });
    },
  };
}
