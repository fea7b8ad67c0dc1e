// Norms of channels: PyTorch has the channels behind the samples. An image is turned by its layout; rows have nothing
// else; whatever else there is, sequences above all, is turned for the module and back.

import { inputOf, type OpNode } from '../../engine/ops/op.ts';
import type { PytorchWriter } from '../pytorch_writer.ts';

const imageRank = 3;

/** Applies a module to a node's input. */
export function applyByChannel(to: PytorchWriter, node: OpNode, module: string): void {
  const x = inputOf(node);
  const rank = x.shape.length;
  if (rank === imageRank) to.write(node, `${module}(${to.value(x, 'channels first')})`, 'channels first');
  else if (rank === 1) to.write(node, `${module}(${to.value(x)})`);
  else to.write(node, `${module}(${to.value(x)}.flatten(1, -2).mT).mT.reshape(-1, ${x.shape.join(', ')})`);
}
