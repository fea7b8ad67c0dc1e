// The weights that a run begins with, where its job names a file of them: every tensor of the model from there, but for those
// that the job excepts and for adapters. Nothing is left out in silence, on either side.

import type { FieldSpecification } from '../../shared/data/samples.ts';
import type { Pointer } from '../../shared/engine/kernels.ts';
import type { Replica } from '../../shared/engine/replica.ts';
import { InputError } from '../../shared/errors.ts';
import type { Job } from '../../shared/job/job.ts';
import { matchesAny } from '../../shared/model/name_patterns.ts';
import type { SafeTensor } from '../../shared/safetensors/safetensors.ts';
import type { WeightsFile } from '../../shared/safetensors/weights.ts';
import type { ModelState } from './model_state.ts';

type LaidOut = Replica['layout']['tensors'][number];

/**
 * Replaces a model's initial weights by those of a file.
 * @throws {InputError} naming a tensor that the file lacks or has in another shape, that the model has no place for, or that
 *   holds what is not finite.
 */
export function setInitialWeights(
  state: ModelState,
  { initialize, adapters }: Job,
  { file, weights }: WeightsFile,
): void {
  const { tensors, frozen } = state.replica.layout;
  const except = initialize?.except ?? [];
  const names = new Set([...tensors, ...frozen].map(({ name }) => name));
  for (const name of weights.keys()) {
    if (names.has(name) || matchesAny(except, name)) continue;
    throw new InputError(
      `initialize: ${file} has a tensor ${name}, which the model has not; name it in initialize.except`,
    );
  }
  const isAdapter = (name: string) => adapters !== undefined && isAdapterName(name, names);
  const find = (tensor: LaidOut) => (matchesAny(except, tensor.name) ? undefined : weights.get(tensor.name));
  const fill = (vector: Uint8Array, placed: readonly LaidOut[]) => {
    for (const tensor of placed) {
      const found = find(tensor);
      if (found !== undefined) vector.set(fitting(found, tensor, file), 4 * tensor.offset);
      else if (!matchesAny(except, tensor.name) && !isAdapter(tensor.name)) throw missing(tensor, file);
    }
  };
  fill(state.parameterBytes, tensors);
  const constants = state.frozenBytes.slice();
  fill(constants, frozen);
  state.replica.parametersChanged();
  state.setFrozen(constants);
  const isFromFile = (tensor: LaidOut) => find(tensor) !== undefined;
  requireFinite(state, file, tensors.filter(isFromFile), frozen.filter(isFromFile));
}

/** What is not finite would only be found by the loss that it makes. */
function requireFinite(
  { engine, replica }: ModelState,
  file: string,
  tensors: readonly LaidOut[],
  frozen: readonly LaidOut[],
): void {
  const broken = (base: Pointer, of: readonly LaidOut[]) =>
    of.find(({ offset, elements }) => engine.kernels.allFinite((base + 4 * offset) as Pointer, elements) === 0);
  const wrong = broken(replica.parameters, tensors) ?? broken(replica.frozen, frozen);
  if (wrong === undefined) return;
  throw new InputError(`initialize: ${file} has values in ${wrong.name} that are not finite: its training diverged`);
}

/**
 * The same tokens by the same ids: tables of the same shape would take others' embeddings in silence.
 * @throws {InputError} naming the file, if it is of a model of other tokens. Where tensors are excepted, the tables may be new.
 */
export function requireSameVocabulary(
  { initialize }: Job,
  { file, vocabulary }: WeightsFile,
  fields: readonly FieldSpecification[],
): void {
  const [there, here] = [vocabulary, fields.find((field) => field.vocabulary !== undefined)?.vocabulary];
  if (there === undefined || here === undefined || initialize?.except !== undefined) return;
  const [theirs, ours] = [there, here].map((one) => (one.kind === 'characters' ? one.characters : one.kind));
  if (theirs === ours) return;
  const need = there.kind === 'characters' ? `data.alphabet ${JSON.stringify(theirs)}` : `data.tokens "${theirs}"`;
  throw new InputError(
    `initialize: the model of ${file} reads other tokens than this job's data have; it needs ${need}`,
  );
}

/** Whether a tensor stands beside the weight that its name begins with. */
function isAdapterName(name: string, names: ReadonlySet<string>): boolean {
  const weight = name.replace(/\.(down|up)$/, '');
  return weight !== name && names.has(weight);
}

function fitting({ type, shape, bytes }: SafeTensor, tensor: LaidOut, file: string): Uint8Array {
  if (type === 'F32' && shape.join() === tensor.shape.join()) return bytes;
  throw new InputError(
    `initialize: ${file} has ${tensor.name} as ${type} [${shape}], the model needs F32 [${tensor.shape}]; name it in initialize.except to begin with random values`,
  );
}

function missing({ name }: LaidOut, file: string): InputError {
  return new InputError(
    `initialize: ${file} has no tensor ${name}; name it in initialize.except to begin with random values`,
  );
}
