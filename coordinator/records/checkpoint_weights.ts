// The weights of a checkpoint as they are used, and the frozen ones, which stand in a file of their own beside it.

import { createHash } from 'node:crypto';
import type { ParameterLayout } from '../../shared/engine/model.ts';
import { InputError } from '../../shared/errors.ts';
import { readSafetensors, type SafeTensor, writeSafetensors } from '../../shared/safetensors/safetensors.ts';
import { frozenDigestKey, weightsForUse } from '../../shared/safetensors/weights.ts';
import type { ModelState } from '../computation/model_state.ts';
import type { Checkpoint } from './checkpoint.ts';
import { flatOf, inFile } from './checkpoint_tensors.ts';

/** The two flat vectors of a model's weights. */
export interface FlatWeights {
  readonly parameters: Float32Array;
  readonly frozen: Float32Array;
}

/**
 * A checkpoint's weights as they are to be used, for a model of this layout.
 * @throws {InputError} if a tensor is missing or of another shape.
 */
export function weightsOf(
  checkpoint: Checkpoint,
  { tensors, total, frozen, frozenTotal }: ParameterLayout,
  file: string,
): FlatWeights {
  const weights = weightsForUse(checkpoint.tensors.values());
  return {
    parameters: flatOf(weights, tensors, total, file),
    frozen: flatOf(weights, frozen, frozenTotal, file),
  };
}

/** The file of the frozen weights, which stands beside the checkpoints; undefined where nothing is frozen. */
export function encodeFrozen(state: ModelState): Uint8Array | undefined {
  const { frozenDigest, frozenBytes, replica } = state;
  if (frozenDigest === undefined) return undefined;
  const tensors = replica.layout.frozen.map(({ name, shape, offset, elements }): SafeTensor => {
    return { name, type: 'F32', shape, bytes: frozenBytes.subarray(4 * offset, 4 * (offset + elements)) };
  });
  return writeSafetensors({
    tensors,
    metadata: { format: 'gradswarm frozen weights', [frozenDigestKey]: frozenDigest },
  });
}

/**
 * A checkpoint with the frozen weights that it names.
 * @param bytes of their file, which is called `file`
 * @throws {InputError} if they are others, or damaged.
 */
export function withFrozen(checkpoint: Checkpoint, bytes: Uint8Array, file: string): Checkpoint {
  const { tensors } = inFile(file, () => readSafetensors(bytes));
  const hash = createHash('sha256');
  for (const tensor of tensors) hash.update(tensor.bytes);
  if (hash.digest('hex') !== checkpoint.frozenDigest) {
    throw new InputError(`${file}: damaged: its content does not have the digest that the checkpoint states`);
  }
  return {
    ...checkpoint,
    tensors: new Map([...checkpoint.tensors, ...tensors.map((one) => [one.name, one] as const)]),
  };
}
