// The numerics probe: a worker shows with it that its bits will be the coordinator's.

import type { Engine } from '../engine.ts';
import { type Kernels, kernelNames } from '../generated/kernels.ts';
import * as foundCases from '../generated/probe_cases.ts';
import { ProbeBench } from './probe_bench.ts';
import type { ProbeCase } from './probe_case.ts';

/** An engine's kernels never change. */
const probed = new WeakMap<Engine, string>();

/** A kernel without a case does not compile. */
const probeCases: { readonly [Name in keyof Kernels]: ProbeCase<Name> } = foundCases;

/**
 * SHA-256 (hexadecimal) of what every kernel of the engine, replaced ones included, makes of fixed small inputs: the same
 * on every machine that honours the profile. Runs once for an engine, and reserves 128 KiB of its memory.
 */
export function numericsProbe(engine: Engine): string {
  const known = probed.get(engine);
  if (known !== undefined) return known;
  const bench = new ProbeBench(engine);
  for (const name of kernelNames) {
    runCase(name, bench);
    bench.finishCase();
  }
  const digest = bench.digest();
  probed.set(engine, digest);
  return digest;
}

function runCase<Name extends keyof Kernels>(name: Name, bench: ProbeBench): void {
  probeCases[name](bench.kernels[name], bench);
}
