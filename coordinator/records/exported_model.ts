// A checkpoint as what is exported: the model's graph and its weights.

import { buildModel } from '../../shared/engine/model.ts';
import type { ExportedModel } from '../../shared/export/export_format.ts';
import { jobDigest, jobGraph } from '../../shared/job/job.ts';
import { parametersOf } from './checkpoint.ts';
import type { FoundCheckpoint } from './run_folder.ts';

/** @throws {InputError} if a tensor is missing or of another shape. */
export function exportedModel({ file, checkpoint }: FoundCheckpoint): ExportedModel {
  const { job, step, parametersDigest, fields } = checkpoint;
  const graph = jobGraph(job, { fields });
  const { layout } = buildModel(graph);
  const flat = parametersOf(checkpoint, layout, file);
  const weights = new Map(
    layout.tensors.map(({ name, offset, elements }) => [name, flat.subarray(offset, offset + elements)]),
  );
  const metadata = { job: job.name, jobDigest: jobDigest(job), step: String(step), parametersDigest };
  return { name: job.name, graph, weights, metadata };
}
