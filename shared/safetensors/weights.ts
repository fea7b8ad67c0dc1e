// Which tensors of a safetensors file are a model's weights. A checkpoint holds more than that, each under a prefix: the
// optimizer's state, the moving average of the weights, the weights of the best epoch.

import type { Vocabulary } from '../data/vocabulary.ts';
import type { SafeTensor } from './safetensors.ts';

/** In front of the names of the optimizer's state. */
export const optimizerPrefix = 'optimizer.';

/** In front of the names of tensors as they are to be used; no name in a graph has such a sign in it. */
export const averagePrefix = 'average/';
export const bestPrefix = 'best/';

/** Where a checkpoint's metadata state the SHA-256 of the frozen weights, which stand in a file of their own beside it. */
export const frozenDigestKey = 'frozenDigest';

/** The name of that file. */
export function frozenFileName(digest: string): string {
  return `frozen-${digest.slice(0, 16)}.safetensors`;
}

/** The step that a checkpoint in a run's folder is named after; undefined for what is none. */
export function checkpointStep(name: string): number | undefined {
  const step = /^step-(\d+)\.safetensors$/.exec(name)?.[1];
  return step === undefined ? undefined : Number(step);
}

/** A model's weights by name. */
export type NamedWeights = ReadonlyMap<string, SafeTensor>;

/**
 * The weights that a file gives to whoever uses the model: those of the best epoch, where the job stops early; else their
 * moving average, where the job keeps one; else those that were trained last.
 */
export function weightsForUse(tensors: Iterable<SafeTensor>): NamedWeights {
  const weights = new Map<string, SafeTensor>();
  const averaged = new Map<string, SafeTensor>();
  const best = new Map<string, SafeTensor>();
  for (const tensor of tensors) {
    const { name } = tensor;
    if (name.startsWith(optimizerPrefix)) continue;
    if (name.startsWith(averagePrefix)) averaged.set(name.slice(averagePrefix.length), tensor);
    else if (name.startsWith(bestPrefix)) best.set(name.slice(bestPrefix.length), tensor);
    else weights.set(name, tensor);
  }
  const better = best.size > 0 ? best : averaged;
  return new Map([...weights, ...better].map(([name, tensor]) => [name, { ...tensor, name }]));
}

/** Weights from a file, and which they are. */
export interface WeightsFile {
  /** As errors call it. */
  readonly file: string;
  /** SHA-256, hexadecimal, over names, shapes and values. */
  readonly digest: string;
  readonly weights: NamedWeights;
  /** What the token ids stand for that the model takes, where the file says so. */
  readonly vocabulary?: Vocabulary;
}
