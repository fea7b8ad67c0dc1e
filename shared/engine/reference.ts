// The reference interpreter: a graph computed by its ops' plain f64 loops. Slow, and what everything else is held
// against.

import type { Samples } from '../data/samples.ts';
import type { Model } from './model.ts';
import type { Mathematics, OpNode, Tensor } from './ops/op.ts';
import type { ProgramVariables } from './program.ts';
import { elementsOf } from './shape.ts';

export interface ReferenceResult {
  /** Values of every tensor, by name, over all samples. */
  readonly values: ReadonlyMap<string, Float64Array>;
  /** Sum of the loss. */
  readonly loss: number;
  /** What the nodes that were computed chose at kinks, in order: two runs that chose alike lie on one smooth piece. */
  readonly choices: ReadonlyMap<string, readonly number[]>;
}

export interface ReferenceOptions {
  readonly model: Model;
  readonly samples: Samples;
  /** Values of each parameter and state, by name. */
  readonly parameters: ReadonlyMap<string, Float64Array>;
  readonly mathematics: Mathematics;
  /** Where the samples stand in a run; at the start of step 0 by default. */
  readonly variables?: Readonly<ProgramVariables>;
  /** Whether the samples are those of a microbatch in training, which is the default. */
  readonly isTraining?: boolean;
  /** A result of which all holds that does not depend on the one parameter tensor that has changed since. */
  readonly previous?: { readonly result: ReferenceResult; readonly changed: string };
}

export function computeReference(options: ReferenceOptions): ReferenceResult {
  const { model, samples, parameters, previous } = options;
  const values = new Map<string, Float64Array>(parameters);
  const choices = new Map<string, readonly number[]>();
  const stale = new Set(previous === undefined ? [] : [previous.changed]);
  model.inputs.forEach((input, index) => {
    const known = previous?.result.values.get(input.name);
    values.set(input.name, known ?? readField(input, samples.fields[index] ?? new Uint8Array(0), samples.count));
  });
  for (const node of model.nodes) {
    if (parameters.has(node.name)) continue;
    const isStale = previous === undefined || node.inputs.some(({ name }) => stale.has(name));
    const known = isStale ? undefined : previous.result.values.get(node.name);
    if (known !== undefined) {
      values.set(node.name, known);
      continue;
    }
    const chosen: number[] = [];
    stale.add(node.name);
    values.set(node.name, computeNode(node, values, options, chosen));
    choices.set(node.name, chosen);
  }
  return { values, loss: values.get(model.loss.name)?.[0] ?? Number.NaN, choices };
}

function computeNode(
  node: OpNode,
  values: ReadonlyMap<string, Float64Array>,
  { samples, mathematics, variables = { step: 0, firstSample: 0 }, isTraining = true }: ReferenceOptions,
  choices: number[],
): Float64Array {
  const inputs = node.inputs.map(({ name }) => {
    const value = values.get(name);
    if (value === undefined) throw new Error(`node ${node.name}: ${name} has no value`);
    return value;
  });
  const choose = (choice: number) => choices.push(choice);
  return node.op.reference({ node, inputs, samples: samples.count, mathematics, variables, isTraining, choose });
}

function readField({ type, shape }: Tensor, field: Uint8Array, samples: number): Float64Array {
  const elements = samples * elementsOf(shape);
  if (type === 'u8') return Float64Array.from(field.subarray(0, elements));
  const view = new DataView(field.buffer, field.byteOffset, field.byteLength);
  return Float64Array.from({ length: elements }, (_, index) =>
    type === 'f32' ? view.getFloat32(4 * index, true) : view.getInt32(4 * index, true),
  );
}
