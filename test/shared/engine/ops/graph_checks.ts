// What the tests of single ops have in common: a graph around the op, against its f64 reference and numerical differentiation.

import { expect } from 'vitest';
import type { Samples } from '../../../../shared/data/samples.ts';
import type { NumericsProfile } from '../../../../shared/engine/engine.ts';
import { checkGradients } from '../../../../shared/engine/gradient_check.ts';
import type { Graph, GraphInput } from '../../../../shared/engine/graph.ts';
import { buildModel } from '../../../../shared/engine/model.ts';
import { computeReference } from '../../../../shared/engine/reference.ts';
import { Replica } from '../../../../shared/engine/replica.ts';
import { elementsOf } from '../../../../shared/engine/shape.ts';
import { GraphBuilder, type TensorName } from '../../../../shared/model/builder.ts';
import { engines, testValues } from '../../kernels/profiles.ts';
import { bytesOf, mathematics } from '../small_models.ts';

const normal = { kind: 'normal', standardDeviation: 0.7 } as const;

/** Builds what is tested; `learnt` gives a tensor of each sample that depends on parameters, so that gradients flow through. */
export type BuildOp = (
  builder: GraphBuilder,
  given: {
    readonly learnt: (name: string, shape: readonly number[]) => TensorName;
    readonly parameter: (name: string, shape: readonly number[]) => TensorName;
    readonly ids: TensorName;
  },
) => TensorName;

/** Ids that the graphs have as an input: so many of each sample, below `entries`. */
export interface Ids {
  readonly shape: readonly number[];
  readonly entries: number;
  readonly type?: 'u8' | 'i32';
}

export interface OpCase {
  readonly graph: Graph;
  readonly samplesOf: (count: number) => Samples;
}

/**
 * A graph of the op whose loss weighs each element of its output by a number of its own.
 * @param shape of the op's output
 */
export function graphOfOp(build: BuildOp, shape: readonly number[], ids: Ids = { shape: [1], entries: 2 }): OpCase {
  const builder = new GraphBuilder();
  const { type = 'i32', entries } = ids;
  const fields: GraphInput[] = [{ name: 'ids', type, shape: ids.shape }];
  builder.input({ name: 'ids', type, shape: ids.shape });
  const field = (name: string, itsShape: readonly number[]) => {
    fields.push({ name, type: 'f32', shape: itsShape });
    return builder.input({ name, type: 'f32', shape: itsShape });
  };
  const parameter = (name: string, itsShape: readonly number[]) => builder.parameter(name, itsShape, normal);
  const learnt = (name: string, itsShape: readonly number[]) => {
    const x = builder.reshape(`${name}.flat`, field(`${name}.given`, itsShape), [elementsOf(itsShape)]);
    const shifted = builder.bias(`${name}.shifted`, x, parameter(`${name}.shift`, [elementsOf(itsShape)]));
    return builder.reshape(name, shifted, itsShape);
  };
  const output = build(builder, { learnt, parameter, ids: 'ids' as TensorName });
  const loss = builder.sumOfSquaredErrors('loss', output, field('target', shape));
  const graph = builder.finish({ loss, prediction: output });
  const samplesOf = (count: number) => ({ count, fields: fields.map((one, at) => valuesOf(one, count, at, entries)) });
  return { graph, samplesOf };
}

function valuesOf({ type, shape }: GraphInput, count: number, seed: number, entries: number): Uint8Array {
  const elements = count * elementsOf(shape);
  if (type === 'f32') return bytesOf(testValues(elements, seed + 1));
  const ids = Array.from({ length: elements }, (_, at) => (at * 7 + 3) % entries);
  return type === 'u8' ? Uint8Array.from(ids) : new Uint8Array(Int32Array.from(ids).buffer);
}

/** The prediction is what the plain loops give, to the rounding of f32. */
export function expectForward(profile: NumericsProfile, { graph, samplesOf }: OpCase, count: number): void {
  const replica = Replica.create(engines[profile], graph, { microbatchSize: count });
  replica.initialize(5);
  const samples = samplesOf(count);
  const found = replica.predict(samples);
  const model = buildModel(graph);
  const flat = replica.readParameters();
  const parameters = new Map(
    model.layout.tensors.map(({ name, offset, elements }) => [
      name,
      Float64Array.from(flat.subarray(offset, offset + elements)),
    ]),
  );
  const { values } = computeReference({ model, samples, parameters, mathematics });
  const expected = values.get(graph.prediction) ?? new Float64Array(0);
  expect(found.length).toBe(expected.length);
  const scale = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  found.forEach((value, at) => {
    const error = Math.abs(value - (expected[at] ?? Number.NaN)) / scale;
    expect(error, `element ${at}: ${value}, expected ${expected[at]}`).toBeLessThan(2e-6);
  });
}

/** Analytic gradients are what numerical differentiation of the reference gives. */
export function expectGradients(
  profile: NumericsProfile,
  { graph, samplesOf }: OpCase,
  count: number,
  tolerance = 1e-4,
): void {
  const samples = samplesOf(count);
  const engine = engines[profile];
  const results = checkGradients({ engine, graph, samples, seed: 3, mathematics, step: 1e-4 });
  expect(results.length).toBeGreaterThan(0);
  for (const { name, compared, worstRelativeError } of results) {
    expect(compared, name).toBeGreaterThan(0);
    expect(worstRelativeError, name).toBeLessThan(tolerance);
  }
}
