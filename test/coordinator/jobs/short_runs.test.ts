// The contract of exactness, job by job: whatever computes, the bits are the same. test/browser/short_runs.test.ts has the same
// for a tab, .ci/run for another processor.

import { describe, expect, it } from 'vitest';
import { loadEngine } from '../../../shared/engine/engine.ts';
import { replacementBy } from '../../../shared/node/node_engine.ts';
import { digestOf } from '../../shared/engine/short_run.ts';
import { builtLibrary, variants } from '../../shared/native/twins.ts';
import { shortRunsOfJobs } from './short_runs.ts';

const runs = await shortRunsOfJobs();

describe('a short run of a built-in job', () => {
  it.each(runs)('has the bits of WebAssembly on each instruction set: $name', async (run) => {
    for (const profile of ['portable', 'fused'] as const) {
      const expected = digestOf(await loadEngine(profile), run);
      for (const [set] of variants.filter(([, of]) => of === profile)) {
        const native = await loadEngine(profile, { replace: replacementBy(builtLibrary(), set, profile) });
        expect(digestOf(native, run), `${set}, ${profile}`).toBe(expected);
      }
    }
  });

  it('has other bits from other weights: what is compared was computed', async () => {
    const run = runs.find(({ name }) => name === 'iris');
    if (run === undefined) throw new Error('there is no job iris');
    const other = { ...run, seed: run.seed + 1 };
    expect(digestOf(await loadEngine('portable'), other)).not.toBe(digestOf(await loadEngine('portable'), run));
  });
});
