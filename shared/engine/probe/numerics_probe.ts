// The numerics probe: a worker shows with it that its bits will be the coordinator's.

import type { Engine } from '../engine.ts';
import { type Kernels, kernelNames } from '../generated/kernels.ts';
import * as foundCases from '../generated/probe_cases.ts';
import { ProbeBench } from './probe_bench.ts';
import type { ProbeCase } from './probe_case.ts';

/** A kernel without a case does not compile. */
const probeCases: { readonly [Name in keyof Kernels]: ProbeCase<Name> } = foundCases;

/**
 * SHA-256 (hexadecimal) of what every kernel of the engine, replaced ones included, makes of fixed small inputs: the same
 * on every machine that honours the profile. Reserves 128 KiB of the engine's memory.
 */
export function numericsProbe(engine: Engine): string {
  const bench = new ProbeBench(engine);
  for (const name of kernelNames) {
    runCase(name, bench);
    bench.finishCase();
  }
  return bench.digest();
}

function runCase<Name extends keyof Kernels>(name: Name, bench: ProbeBench): void {
  probeCases[name](bench.kernels[name], bench);
}
