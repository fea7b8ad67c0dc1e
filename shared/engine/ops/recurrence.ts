// What the recurrent ops share: their shapes, and the gradients of the weights that all steps use.

import type { Emitter } from '../emitter.ts';
import type { Buffer } from '../program.ts';
import { lastOf, shapeText } from '../shape.ts';
import {
  inputOf,
  mismatch,
  type Op,
  type OpNode,
  requireBatch,
  type Tensor,
  type TensorType,
  takeInputs,
} from './op.ts';

/** x [steps, inner] to h [steps, units], with parameters that hold `gates` gates side by side. */
export function inferRecurrence(
  op: string,
  gates: number,
  parameterNames: readonly string[],
): (inputs: Parameters<Op['infer']>[0], attributes: unknown, nodeName: string) => TensorType {
  return (inputs, _attributes, nodeName) => {
    const [x, weight, recurrent, ...biases] = takeInputs(inputs, ['x', ...parameterNames], nodeName, op) as readonly [
      Tensor,
      Tensor,
      Tensor,
      ...Tensor[],
    ];
    requireBatch(x, nodeName, op);
    const [steps, inner, ...surplus] = x.shape;
    if (steps === undefined || inner === undefined || surplus.length > 0) {
      throw mismatch(nodeName, op, 'x [steps, features]', shapeText(x.shape));
    }
    const units = recurrent.shape[0] ?? 0;
    const columns = gates * units;
    const requireShape = (parameter: Tensor, shape: readonly number[], what: string) => {
      if (parameter.kind === 'parameter' && parameter.shape.join() === shape.join()) return;
      const found = `${parameter.kind} ${parameter.name} ${shapeText(parameter.shape)}`;
      throw mismatch(nodeName, op, `${what} a parameter ${shapeText(shape)}`, found);
    };
    requireShape(recurrent, [units, columns], `as recurrent weight [units, ${gates} units]`);
    requireShape(weight, [inner, columns], `as weight for x ${shapeText(x.shape)}`);
    for (const bias of biases) requireShape(bias, [columns], 'as bias');
    return { kind: 'batch', type: 'f32', shape: [steps, units] };
  };
}

/** The sizes of a recurrent node, over the samples of a program. */
export function sizesOf(emit: Emitter, node: OpNode) {
  const [x, weight] = [inputOf(node, 0), inputOf(node, 1)];
  const [steps = 1, units = 1] = node.output.shape;
  return { samples: emit.samples, steps, units, inner: lastOf(x.shape), columns: lastOf(weight.shape) };
}

/** x W + b of all steps: what the gates start from. */
export function emitProjection(emit: Emitter, node: OpNode, bias: Tensor): Buffer {
  const [x, weight] = [inputOf(node, 0), inputOf(node, 1)];
  const { inner, columns } = sizesOf(emit, node);
  const gates = emit.derived(`gates of ${node.name}`, () => emit.temporary(emit.rows(x) * columns));
  emit.call('matmul', gates, emit.value(x), packedOf(emit, weight), emit.rows(x), columns, inner, emit.value(bias), 0);
  return gates;
}

/** A weight, packed as right operand. */
export function packedOf(emit: Emitter, weight: Tensor): Buffer {
  const [inner = 1, columns = 1] = weight.shape;
  return emit.prepared(`pack ${weight.name}`, emit.packedBytes(inner, columns), (program, buffer) =>
    program.call('pack', buffer, emit.value(weight), inner, columns),
  );
}

/** A weight's transpose, packed as right operand. */
export function packedTransposeOf(emit: Emitter, weight: Tensor): Buffer {
  const [inner = 1, columns = 1] = weight.shape;
  return emit.prepared(`pack transposed ${weight.name}`, emit.packedBytes(columns, inner), (program, buffer) =>
    program.call('packTransposed', buffer, emit.value(weight), columns, inner),
  );
}

/** Gradients of x, W and b, from that of x W + b. */
export function contributeProjection(emit: Emitter, node: OpNode, gates: Buffer, bias: Tensor): void {
  const [x, weight] = [inputOf(node, 0), inputOf(node, 1)];
  const { inner, columns } = sizesOf(emit, node);
  const rows = emit.rows(x);
  emit.contribute(x, (target) =>
    emit.call('matmul', target, gates, packedTransposeOf(emit, weight), rows, inner, columns, 0, 0),
  );
  emit.contribute(weight, (target) => emitWeightGradient(emit, target, emit.value(x), gates, [rows, inner, columns]));
  emit.contribute(bias, (target) => emit.call('sumRows', target, gates, rows, columns));
}

/** Gradient of U, from that of h U of all steps. */
export function contributeRecurrent(emit: Emitter, node: OpNode, gradient: Buffer): void {
  const recurrent = inputOf(node, 2);
  const { samples, steps, units, columns } = sizesOf(emit, node);
  emit.contribute(recurrent, (target) => {
    const previous = emit.temporary(samples * steps * units);
    emit.call('previousSteps', previous, emit.value(node.output), samples, steps, units);
    emitWeightGradient(emit, target, previous, gradient, [samples * steps, units, columns]);
  });
}

function emitWeightGradient(
  emit: Emitter,
  target: Buffer,
  left: Buffer,
  gradient: Buffer,
  [rows, inner, columns]: readonly [number, number, number],
): void {
  const packed = emit.temporary(emit.packedBytes(rows, columns) / 4);
  emit.call('pack', packed, gradient, rows, columns);
  const scratch = emit.temporary(emit.scratchBytes(inner, columns, rows) / 4);
  emit.call('matmulTransposed', target, left, packed, inner, columns, rows, scratch);
}

/** x W + bias of one row, in f64. */
export function plainProduct(row: Float64Array, weight: Float64Array, bias: Float64Array): Float64Array {
  const columns = bias.length;
  const sums = bias.slice();
  row.forEach((value, k) => {
    for (let column = 0; column < columns; column++) {
      sums[column] = (sums[column] ?? 0) + value * (weight[k * columns + column] ?? 0);
    }
  });
  return sums;
}
