// The addon of Node-API with the native kernels (shared/native/), if one was built for this machine.

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { NumericsProfile } from '../engine/engine.ts';
import type { Kernels } from '../engine/generated/kernels.ts';

/** Kernels that work in one engine's memory, as the addon makes them. */
export type NativeKernels = Partial<Kernels> & {
  /** To be told when the memory has grown: a view of its new buffer. */
  readonly moved: (view: Uint8Array) => void;
};

export interface NativeLibrary {
  /** What this machine can run, the best first: an instruction set and a profile, like `avx512 portable`. */
  readonly variants: readonly string[];
  /** Throws for a set and a profile that are not among the variants. */
  readonly createKernels: (set: string, profile: NumericsProfile, view: Uint8Array) => NativeKernels;
}

/** The library, or why there is none. */
export type FoundLibrary = { readonly library: NativeLibrary } | { readonly missing: string };

const machine = `${process.platform}-${process.arch}`;
const file = fileURLToPath(new URL(`../native/generated/${machine}.node`, import.meta.url));

let found: FoundLibrary | undefined;

export function nativeLibrary(): FoundLibrary {
  found ??= loadLibrary();
  return found;
}

function loadLibrary(): FoundLibrary {
  if (!existsSync(file)) return { missing: `no native kernels were built for ${machine}` };
  try {
    return { library: createRequire(import.meta.url)(file) };
  } catch (error) {
    // Of another C library, for example.
    return { missing: `the native kernels cannot be loaded (${(error as Error).message.split('\n', 1)[0]})` };
  }
}

/** The instruction sets of this machine that have kernels of a profile, the best first. */
export function instructionSetsFor({ variants }: NativeLibrary, profile: NumericsProfile): readonly string[] {
  return variants.flatMap((variant) => {
    const [set = '', of] = variant.split(' ');
    return of === profile ? [set] : [];
  });
}
