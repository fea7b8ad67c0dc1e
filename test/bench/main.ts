// `npm run bench -- engine [W1] [W2] [W3] [W4] [W5] | crew [W1] … | wire | ddp | decisions | inspection | straggler | memory | tab | page |
// watchers | startup`; without a name, all of them. `border --against DIR` compares with another build, so it runs only when it
// is named.

import { parseArgs } from 'node:util';
import { benchBorder } from './border_bench.ts';
import { benchCrew } from './crew_bench.ts';
import { benchDistributed } from './ddp_bench.ts';
import { benchDecisions } from './decisions_bench.ts';
import { benchEngine } from './engine_bench.ts';
import { benchInspection } from './inspection_bench.ts';
import { benchCrewMemory, benchMemory } from './memory_bench.ts';
import { benchPage, benchShownCrowd } from './page_bench.ts';
import { installPeers } from './places.ts';
import { benchStartup } from './startup_bench.ts';
import { benchStraggler } from './straggler_bench.ts';
import { benchTab } from './tab_bench.ts';
import { benchWatchers } from './watchers_bench.ts';
import { benchCrewOnTheWire, benchWire } from './wire_bench.ts';
import { type WorkloadName, workloadNames } from './workloads.ts';

const benches = [
  'engine',
  'crew',
  'wire',
  'ddp',
  'decisions',
  'inspection',
  'straggler',
  'memory',
  'tab',
  'page',
  'watchers',
  'startup',
] as const;

type BenchName = (typeof benches)[number];

const isBench = (word: string): word is BenchName => benches.some((name) => name === word);
const isWorkload = (word: string): word is WorkloadName => workloadNames.some((name) => name === word);

async function run(bench: BenchName, names: readonly WorkloadName[]): Promise<void> {
  switch (bench) {
    case 'engine':
      installPeers();
      return benchEngine(names);
    case 'crew':
      return benchCrew(names.filter((name) => name === 'W1' || name === 'W2' || name === 'W3'));
    case 'wire':
      await benchWire();
      return benchCrewOnTheWire(names.filter((name) => name === 'W1' || name === 'W2'));
    case 'ddp':
      return benchDistributed(names.filter((name) => name === 'W1' || name === 'W2'));
    case 'decisions':
      return benchDecisions();
    case 'inspection':
      return benchInspection();
    case 'straggler':
      return benchStraggler();
    case 'memory':
      await benchMemory(100_000);
      return benchCrewMemory(100_000);
    case 'tab':
      return benchTab(names);
    case 'page':
      await benchPage();
      return benchShownCrowd();
    case 'watchers':
      return benchWatchers();
    case 'startup':
      return benchStartup();
    default:
      return bench satisfies never;
  }
}

const { positionals: words, values } = parseArgs({
  allowPositionals: true,
  options: { against: { type: 'string' } },
});
const unknown = words.find((word) => !isBench(word) && !isWorkload(word) && word !== 'border');
if (words.includes('border')) {
  if (values.against === undefined) throw new Error('border: name the folder of another build with --against');
  await benchBorder(values.against);
} else if (unknown === undefined) {
  const chosen = words.filter(isBench);
  const names = words.filter(isWorkload);
  for (const bench of chosen.length === 0 ? benches : chosen) {
    await run(bench, names.length === 0 ? workloadNames : names);
  }
} else {
  console.error(
    `unknown benchmark ${unknown}: choose of ${benches.join(', ')}, border, and of ${workloadNames.join(', ')}`,
  );
  process.exitCode = 2;
}
