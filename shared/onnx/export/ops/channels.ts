// Norms of channels: ONNX has the channels behind the samples. An image is turned by its layout; rows have nothing else;
// whatever else there is, sequences above all, is turned for the operator and back.

import { inputOf, type OpNode } from '../../../engine/ops/op.ts';
import type { OnnxWriter } from '../onnx_writer.ts';

const imageRank = 3;

/**
 * @param write writes operators that make of a value [samples, channels, …] another of the same shape, the last of them
 *   by `last`.
 */
export function writeByChannel(
  to: OnnxWriter,
  node: OpNode,
  write: (x: string, last: OnnxWriter['step']) => string,
): void {
  const x = inputOf(node);
  const rank = x.shape.length;
  const named: OnnxWriter['step'] = (opType, inputs, attributes) => to.step(opType, inputs, attributes, node.name);
  if (rank === 1 || rank === imageRank) {
    const layout = rank === imageRank ? 'channels first' : 'stored';
    to.define(node, write(to.value(x, layout), named), layout);
    return;
  }
  const turn = [0, rank, ...Array.from({ length: rank - 1 }, (_, index) => index + 1)];
  const back = turn.map((_, dimension) => turn.indexOf(dimension));
  const result = write(to.step('Transpose', [to.value(x)], { perm: turn }), (...step) => to.step(...step));
  to.write(node, 'Transpose', [result], { perm: back });
}

/** The dimensions behind the channels, as ones: what a weight for each channel needs to meet them. */
export function onesBehindChannels(node: OpNode): readonly number[] {
  return Array(inputOf(node).shape.length - 1).fill(1);
}
