// The numerics probe: a worker shows with it that its bits will be the coordinator's.

import type { Engine } from '../engine.ts';
import { type Kernels, kernelNames } from '../generated/kernels.ts';
import * as foundCases from '../generated/probe_cases.ts';
import { ProbeBench } from './probe_bench.ts';
import type { ProbeCase } from './probe_case.ts';

/** An engine's kernels never change. */
const probed = new WeakMap<Engine, string>();

type ProbeCases = { readonly [Name in keyof Kernels]: ProbeCase<Name> };

/** A kernel without a case does not compile. */
const probeCases: ProbeCases = foundCases;

/**
 * SHA-256 (hexadecimal) of what every kernel of the engine, replaced ones included, makes of fixed small inputs: the same
 * on every machine that honours the profile. Runs once for an engine, and reserves 128 KiB of its memory.
 */
export function numericsProbe(engine: Engine): string {
  const known = probed.get(engine);
  if (known !== undefined) return known;
  const bench = new ProbeBench(engine);
  for (const name of kernelNames) {
    runCase(name, bench, probeCases);
    bench.finishCase();
  }
  const digest = bench.digest();
  probed.set(engine, digest);
  return digest;
}

/**
 * The first of the kernels that leaves other bits in one engine than in another, in its case of the probe or in one of
 * `more`; undefined if none does. Reserves 128 KiB of memory of each.
 */
export function differingKernel(
  names: readonly (keyof Kernels)[],
  engines: readonly [Engine, Engine],
  more: Partial<ProbeCases>,
): keyof Kernels | undefined {
  const benches = engines.map((engine) => new ProbeBench(engine));
  return names.find((name) =>
    [probeCases, more].some((cases) => {
      const [results = [], others = []] = benches.map((bench) => {
        runCase(name, bench, cases);
        return bench.takeResults();
      });
      return results.some((result, index) => !sameBytes(result, others[index]));
    }),
  );
}

function sameBytes(one: Uint8Array, other: Uint8Array | undefined): boolean {
  return one.length === other?.length && one.every((byte, index) => byte === other[index]);
}

function runCase<Name extends keyof Kernels>(name: Name, bench: ProbeBench, cases: Partial<ProbeCases>): void {
  const run: ProbeCase<Name> | undefined = cases[name];
  run?.(bench.kernels[name], bench);
}
