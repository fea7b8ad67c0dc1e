// The tensors of a file, found by name and checked by shape.

import type { ParameterLayout } from '../../shared/engine/model.ts';
import { InputError } from '../../shared/errors.ts';
import type { SafeTensor } from '../../shared/safetensors/safetensors.ts';

/** Tensors in one flat vector. @throws {InputError} if one is missing or of another shape. */
export function flatOf(
  found: ReadonlyMap<string, SafeTensor>,
  tensors: ParameterLayout['tensors'],
  total: number,
  file: string,
): Float32Array {
  const values = new Float32Array(total);
  const flat = new Uint8Array(values.buffer);
  for (const { name, shape, offset } of tensors) flat.set(tensorBytes(found, name, shape, file), 4 * offset);
  return values;
}

/** @throws {InputError} if the tensor is missing or of another shape. */
export function tensorBytes(
  tensors: ReadonlyMap<string, SafeTensor>,
  name: string,
  shape: readonly number[],
  file: string,
): Uint8Array {
  const tensor = tensors.get(name);
  if (tensor === undefined) throw new InputError(`checkpoint ${file}: tensor ${name} is missing`);
  if (tensor.type !== 'F32' || tensor.shape.join() !== shape.join()) {
    throw new InputError(
      `checkpoint ${file}: tensor ${name} is ${tensor.type} [${tensor.shape}], the job's model needs F32 [${shape}]`,
    );
  }
  return tensor.bytes;
}

/** Names the file in errors about what is in it. */
export function inFile<Value>(file: string, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (error instanceof InputError) throw new InputError(`checkpoint ${file}: ${error.message}`);
    throw error;
  }
}
