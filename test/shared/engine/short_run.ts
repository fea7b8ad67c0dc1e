// A few training steps of a model on drawn samples, and what they come to: the same bits whatever computes, a page of a browser
// too, which this is bundled for.

import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { FieldSpecification, Samples } from '../../../shared/data/samples.ts';
import { type Engine, loadEngine } from '../../../shared/engine/engine.ts';
import type { Graph } from '../../../shared/engine/graph.ts';
import { createOptimizer, type OptimizerSpecification } from '../../../shared/engine/optimizers/optimizer_registry.ts';
import { Replica } from '../../../shared/engine/replica.ts';
import { elementsOf } from '../../../shared/engine/shape.ts';
import { CounterDraws, purposes } from '../../../shared/random/philox.ts';

/** Plain data, so that it can be sent to a page. */
export interface ShortRun {
  readonly name: string;
  readonly graph: Graph;
  readonly fields: readonly FieldSpecification[];
  readonly optimizer: OptimizerSpecification;
  readonly seed: number;
  readonly microbatchSize: number;
}

const steps = 3;

/** SHA-256 of the parameters, hexadecimal, after steps of one whole microbatch and another of one sample. */
export function digestOf(engine: Engine, { graph, fields, optimizer: kind, seed, microbatchSize }: ShortRun): string {
  const replica = Replica.create(engine, graph, { microbatchSize });
  replica.initialize(seed);
  const optimizer = createOptimizer(engine, kind, replica.parameterCount);
  const count = microbatchSize + 1;
  for (let step = 1; step <= steps; step++) {
    const { gradient } = replica.computeShard(draw(fields, count, step), { step: step - 1, firstSample: 0 });
    if (!replica.update(optimizer, gradient, count, kind.learningRate, step)) throw new Error('it diverged');
  }
  return bytesToHex(sha256(engine.bytes(replica.parameters, 4 * replica.parameterCount)));
}

/** By WebAssembly: by name. */
export async function webAssemblyDigests(runs: readonly ShortRun[]): Promise<Readonly<Record<string, string>>> {
  const digests: Record<string, string> = {};
  for (const run of runs) digests[run.name] = digestOf(await loadEngine('portable'), run);
  return digests;
}

function draw(fields: ShortRun['fields'], count: number, step: number): Samples {
  return {
    count,
    fields: fields.map((field, number) => drawField(field, count, new CounterDraws(step, purposes.draw, number))),
  };
}

function drawField({ type, shape, classes = 256 }: FieldSpecification, count: number, draws: CounterDraws): Uint8Array {
  const elements = count * elementsOf(shape);
  if (type === 'u8') return Uint8Array.from({ length: elements }, (_, index) => draws.below(classes, index));
  const values = Float32Array.from({ length: elements }, (_, index) => draws.uniform(index));
  return new Uint8Array(values.buffer);
}
