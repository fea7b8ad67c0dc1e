// An ONNX file as a graph to train, and a file of the weights that it begins with.

import { readFile } from 'node:fs/promises';
import type { FieldSpecification } from '../../shared/data/samples.ts';
import { InputError } from '../../shared/errors.ts';
import { bytesOf } from '../../shared/export/weights.ts';
import type { Job } from '../../shared/job/job.ts';
import { decodeOnnx } from '../../shared/onnx/decode_onnx.ts';
import { type ImportedModel, importOnnx } from '../../shared/onnx/import/import_onnx.ts';
import { writeSafetensors } from '../../shared/safetensors/safetensors.ts';

/**
 * Reads an ONNX model, to be trained on data with these fields by the job's loss and metrics.
 * @throws {InputError} naming the file, and what of it has no counterpart or does not fit the data.
 */
export async function readOnnxModel(
  path: string,
  { loss, metrics }: Pick<Job, 'loss' | 'metrics'>,
  [features, labels]: readonly FieldSpecification[],
): Promise<ImportedModel> {
  if (features === undefined || labels === undefined) {
    throw new InputError('import: needs a job whose data have features and labels');
  }
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new InputError(`${path}: ${error.code === 'ENOENT' ? 'no such file' : `cannot be read (${error.code})`}`);
  });
  try {
    return importOnnx(decodeOnnx(bytes), { features, labels, loss, metrics });
  } catch (error) {
    throw error instanceof InputError ? new InputError(`${path}: ${error.message}`) : error;
  }
}

/** The weights as a safetensors file that a job can begin with. */
export function weightsFile({ weights }: ImportedModel): Uint8Array {
  const tensors = weights.map(({ name, shape, values }) => {
    return { name, type: 'F32', shape, bytes: bytesOf(values) } as const;
  });
  return writeSafetensors({ tensors, metadata: { format: 'gradswarm weights' } });
}
