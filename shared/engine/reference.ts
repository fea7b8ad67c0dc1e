// The reference interpreter: a graph computed by its ops' plain f64 loops. Slow, and what everything else is held
// against.

import type { Samples } from '../data/samples.ts';
import type { Model } from './model.ts';
import { elementsOf, type Mathematics, type OpNode, type Tensor } from './ops/op.ts';

export interface ReferenceResult {
  /** Values of every tensor, by name, over all samples. */
  readonly values: ReadonlyMap<string, Float64Array>;
  /** Sum of the loss. */
  readonly loss: number;
  /** What ops with kinks chose, in order: two runs that chose alike lie on one smooth piece. */
  readonly choices: readonly number[];
}

/** @param parameters Values of each parameter tensor, by name. */
export function computeReference(
  model: Model,
  samples: Samples,
  parameters: ReadonlyMap<string, Float64Array>,
  mathematics: Mathematics,
): ReferenceResult {
  const values = new Map<string, Float64Array>(parameters);
  const choices: number[] = [];
  model.inputs.forEach((input, index) => {
    values.set(input.name, readField(input, samples.fields[index] ?? new Uint8Array(0), samples.count));
  });
  for (const node of model.nodes) {
    if (node.output.kind === 'parameter') continue;
    values.set(node.name, computeNode(node, values, samples.count, mathematics, choices));
  }
  return { values, loss: values.get(model.loss.name)?.[0] ?? Number.NaN, choices };
}

function computeNode(
  node: OpNode,
  values: ReadonlyMap<string, Float64Array>,
  samples: number,
  mathematics: Mathematics,
  choices: number[],
): Float64Array {
  const inputs = node.inputs.map(({ name }) => {
    const value = values.get(name);
    if (value === undefined) throw new Error(`node ${node.name}: ${name} has no value`);
    return value;
  });
  return node.op.reference({ node, inputs, samples, mathematics, choose: (choice) => choices.push(choice) });
}

function readField({ type, shape }: Tensor, field: Uint8Array, samples: number): Float64Array {
  const elements = samples * elementsOf(shape);
  if (type === 'u8') return Float64Array.from(field.subarray(0, elements));
  const view = new DataView(field.buffer, field.byteOffset, field.byteLength);
  return Float64Array.from({ length: elements }, (_, index) =>
    type === 'f32' ? view.getFloat32(4 * index, true) : view.getInt32(4 * index, true),
  );
}
