// A checkpoint as what is exported: the model's graph without adapters, and its weights with them merged.

import { buildModel } from '../../shared/engine/model.ts';
import type { ExportedModel } from '../../shared/export/export_format.ts';
import type { Weights } from '../../shared/export/weights.ts';
import { baseGraph, jobDigest, jobGraph } from '../../shared/job/job.ts';
import { mergeAdapters, type NamedValues } from '../../shared/model/adapters.ts';
import { weightsOf } from './checkpoint_weights.ts';
import type { FoundCheckpoint } from './run_folder.ts';

/** @throws {InputError} if a tensor is missing or of another shape. */
export function exportedModel(found: FoundCheckpoint): ExportedModel {
  const { job, step, parametersDigest, fields } = found.checkpoint;
  const graph = baseGraph(job, { fields });
  const trained = trainedWeights(found);
  const merged = job.adapters === undefined ? trained : mergeAdapters(job.adapters, trained);
  const weights: Weights = new Map([...merged].map(([name, { values }]) => [name, values] as const));
  const metadata = { job: job.name, jobDigest: jobDigest(job), step: String(step), parametersDigest };
  return { name: job.name, graph, weights, metadata };
}

/** Those of the graph that was trained, frozen ones and adapters included, by name. */
function trainedWeights({ file, checkpoint }: FoundCheckpoint): ReadonlyMap<string, NamedValues> {
  const { layout } = buildModel(jobGraph(checkpoint.job, checkpoint));
  const { parameters, frozen } = weightsOf(checkpoint, layout, file);
  const named = (tensors: typeof layout.tensors, flat: Float32Array) =>
    tensors.map(({ name, shape, offset, elements }): [string, NamedValues] => {
      return [name, { shape, values: flat.subarray(offset, offset + elements) }];
    });
  return new Map([...named(layout.tensors, parameters), ...named(layout.frozen, frozen)]);
}
