// What augmentation is outside training: nothing, or a cut out of the middle.

import { inputOf } from '../../engine/ops/op.ts';
import type { OpExporter } from '../op_exporter.ts';

function nothing(op: string): OpExporter {
  return { op, write: (to, node) => to.alias(node, inputOf(node)) };
}

export const randomFlip = nothing('randomFlip');

export const randomNoise = nothing('randomNoise');

export const randomCrop: OpExporter = {
  op: 'randomCrop',
  write(to, node) {
    const x = inputOf(node);
    const [rows = 1, columns = 1] = x.shape;
    const [height = 1, width = 1] = node.output.shape;
    if (height === rows && width === columns) {
      to.alias(node, x);
      return;
    }
    // Zeros to add in front and behind; fewer than none cut the image.
    const [top, left] = [-Math.floor((rows - height) / 2), -Math.floor((columns - width) / 2)];
    const zeros = [left, width - columns - left, top, height - rows - top];
    to.write(node, `F.pad(${to.value(x, 'channels first')}, (${zeros.join(', ')}))`, 'channels first');
  },
};
