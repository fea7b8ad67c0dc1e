import type { Replica } from '../../../../shared/engine/replica.ts';
import type { ImportedWeight } from '../../../../shared/onnx/import/onnx_reader.ts';
import { engines } from '../../kernels/profiles.ts';

type LaidOut = Replica['layout']['tensors'];

/** Gives a replica the weights that were imported, frozen ones among them. */
export function setWeights(replica: Replica, weights: readonly ImportedWeight[]): void {
  const { tensors, total, frozen, frozenTotal } = replica.layout;
  replica.setParameters(flat(tensors, total, weights));
  replica.setFrozen(flat(frozen, frozenTotal, weights));
}

function flat(tensors: LaidOut, total: number, weights: readonly ImportedWeight[]): Float32Array {
  const values = new Float32Array(total);
  for (const { name, offset } of tensors) {
    const weight = weights.find((one) => one.name === name);
    if (weight === undefined) throw new Error(`no weight was imported for ${name}`);
    values.set(weight.values, offset);
  }
  return values;
}

/** The weights of a replica by name, frozen ones among them. */
export function namedWeights(replica: Replica): ReadonlyMap<string, Float32Array> {
  const { tensors, frozen } = replica.layout;
  const named = (of: LaidOut, values: Float32Array) =>
    of.map(({ name, offset, elements }) => [name, values.slice(offset, offset + elements)] as const);
  const frozenValues = engines.portable.float32(replica.frozen, replica.frozenCount);
  return new Map([...named(tensors, replica.readParameters()), ...named(frozen, frozenValues)]);
}
