import { inputOf, type OpNode, type Tensor } from '../../engine/ops/op.ts';
import { elementsOf, lastOf, type Shape } from '../../engine/shape.ts';
import type { LayersWriter } from '../layers_writer.ts';
import { noLayer, type OpExporter } from '../op_exporter.ts';
import { type Affine, affine } from './affine.ts';

/**
 * Two tensors brought to one shape, as TensorFlow.js does it too: behind the samples' dimension, missing ones are ones.
 * @param parameter what a parameter on one side is to the other.
 */
export function combination(op: string, className: string, parameter: (values: Float32Array) => Affine): OpExporter {
  return {
    op,
    write(to, node) {
      const [left, right] = [inputOf(node, 0), inputOf(node, 1)];
      if (left.kind !== 'batch') writeParameter(to, node, right, left);
      else if (right.kind !== 'batch') writeParameter(to, node, left, right);
      else to.write(node, className, [to.value(left), to.value(right)]);
    },
  };

  function writeParameter(to: LayersWriter, node: OpNode, x: Tensor, other: Tensor): void {
    const { shape } = node.output;
    if (elementsOf(x.shape) !== elementsOf(shape)) throw noLayer(node, `${op} of a parameter larger than a sample`);
    const { values } = to.parameter(other);
    const isOfChannels = values.length === lastOf(shape) && lastOf(other.shape) === values.length;
    const all = isOfChannels ? values : broadcast(values, other.shape, shape);
    to.define(node, affine(to, to.reshaped(to.value(x), shape), parameter(all)));
  }
}

/** The elements that meet those of a shape: dimensions are compared from the last one on, and one element meets all. */
function broadcast(values: Float32Array, shape: Shape, target: Shape): Float32Array {
  return Float32Array.from({ length: elementsOf(target) }, (_, at) => {
    let [rest, from, stride] = [at, 0, 1];
    for (let dimension = 1; dimension <= target.length; dimension++) {
      const [size, whole] = [shape[shape.length - dimension] ?? 1, target[target.length - dimension] ?? 1];
      if (size > 1) from += (rest % whole) * stride;
      rest = Math.floor(rest / whole);
      stride *= size;
    }
    return values[from] ?? 0;
  });
}

export const add = combination('add', 'Add', (offset) => ({ offset }));
