// The engine as Node loads it: with native kernels in the place of WebAssembly's where they are there, are wanted and have
// shown that they give the same bits.

import {
  type Engine,
  type EngineLoader,
  type KernelReplacement,
  loadEngine,
  type NumericsProfile,
} from '../engine/engine.ts';
import { InputError } from '../errors.ts';
import { chosenEngine, type EngineChoice } from './engine_choice.ts';
import { fastestOf } from './fastest_set.ts';
import { instructionSetsFor, type NativeLibrary, nativeLibrary } from './native_library.ts';
import { wrongKernel } from './native_proof.ts';
import { enableRelaxedSimd } from './relaxed_simd.ts';
import { printWarning } from './terminal.ts';

/** What computes. */
export type EngineKind =
  | { readonly kind: 'native'; readonly set: string; readonly replace: KernelReplacement }
  | { readonly kind: 'WebAssembly'; readonly reason: string };

/** Each proven once in a process. */
const proven = new Map<string, Promise<EngineKind>>();

/**
 * Loads an engine of the kind that `--engine` asks for.
 * @throws {InputError} if this machine cannot run the profile, or does not have what was asked for.
 */
export const loadNodeEngine: EngineLoader = async (profile, options = {}): Promise<Engine> => {
  const engine = await engineKind(profile);
  return loadEngine(profile, engine.kind === 'native' ? { ...options, replace: engine.replace } : options);
};

/**
 * Loads engines in another thread of a process that has found out what computes there.
 * @param set whose native kernels compute; WebAssembly's do if it is undefined
 */
export function engineLoaderOf(set: string | undefined): EngineLoader {
  return (profile, options = {}) => {
    enableRelaxedSimd();
    const found = nativeLibrary();
    if (set === undefined) return loadEngine(profile, options);
    if ('missing' in found) throw new InputError(found.missing);
    return loadEngine(profile, { ...options, replace: replacementBy(found.library, set, profile) });
  };
}

/** What computes a profile here. @throws {InputError} as `loadNodeEngine`. */
export async function engineKind(profile: NumericsProfile, choice = chosenEngine()): Promise<EngineKind> {
  enableRelaxedSimd();
  const key = `${profile} ${choice}`;
  const engine = proven.get(key) ?? findKind(profile, choice);
  proven.set(key, engine);
  return engine;
}

/** In words. */
export function describeEngine(engine: EngineKind): string {
  return engine.kind === 'native' ? `native (${engine.set})` : `WebAssembly (${engine.reason})`;
}

async function findKind(profile: NumericsProfile, choice: EngineChoice): Promise<EngineKind> {
  if (choice === 'wasm') return { kind: 'WebAssembly', reason: 'asked for' };
  const engine = await provenKind(profile, choice);
  if (engine.kind === 'WebAssembly' && choice !== 'auto') throw new InputError(`--engine ${choice}: ${engine.reason}`);
  return engine;
}

async function provenKind(profile: NumericsProfile, choice: EngineChoice): Promise<EngineKind> {
  const found = nativeLibrary();
  if ('missing' in found) return { kind: 'WebAssembly', reason: found.missing };
  const sets = instructionSetsFor(found.library, profile);
  const wanted = choice === 'auto' || choice === 'native' ? sets : sets.filter((set) => set === choice);
  const candidates = wanted.map((set) => ({ set, replace: replacementBy(found.library, set, profile) }));
  const fastest = await fastestOf(candidates, profile);
  if (fastest === undefined) return { kind: 'WebAssembly', reason: notAmong(sets, profile, choice) };
  const { set, replace } = fastest;
  const fault = await faultOf(profile, replace);
  if (fault === undefined) return { kind: 'native', set, replace };
  const reason = `native kernels (${set}, ${profile}): ${fault}`;
  if (choice === 'auto') printWarning(`${reason}; the engine is WebAssembly`);
  return { kind: 'WebAssembly', reason };
}

function notAmong(sets: readonly string[], profile: NumericsProfile, choice: EngineChoice): string {
  if (sets.length === 0) return `no instruction set of this machine has native kernels for numerics "${profile}"`;
  return `expected auto, wasm, native or, for numerics "${profile}" on this machine, ${sets.join(', ')}, not ${choice}`;
}

async function faultOf(profile: NumericsProfile, replace: KernelReplacement): Promise<string | undefined> {
  // Whether the profile runs here at all is no question of native kernels.
  await loadEngine(profile);
  try {
    const wrong = await wrongKernel(profile, replace);
    return wrong === undefined ? undefined : `${wrong} gives other bits than WebAssembly`;
  } catch (error) {
    return `they fail (${(error as Error).message})`;
  }
}

/** The kernels of a set, working where WebAssembly's do. */
export function replacementBy(library: NativeLibrary, set: string, profile: NumericsProfile): KernelReplacement {
  return (memory, _, onGrowth) => {
    const { moved, ...kernels } = library.createKernels(set, profile, new Uint8Array(memory.buffer));
    onGrowth(() => moved(new Uint8Array(memory.buffer)));
    return kernels;
  };
}
