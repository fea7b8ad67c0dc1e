// `npm run bench -- crew`: a training step by a crew of two threads in one process, beside PyTorch with two threads and beside
// its DistributedDataParallel (gloo, two processes of one thread), in alternating rounds.

import { formatTable, threeDigits } from '../../coordinator/command_line/table.ts';
import { describeEngine, engineKind } from '../../shared/node/node_engine.ts';
import { alternate, Contestant, type ContestantOptions } from './contestant.ts';
import { ddpContestant } from './ddp_bench.ts';
import { builtScript, peerScript } from './places.ts';
import { findPyTorch, type PyTorch, pythonEnvironment } from './pytorch.ts';
import { median, summarize } from './timing.ts';
import { type WorkloadName, workloads } from './workloads.ts';

const threads = 2;
const rounds = 15;
const roundSeconds = 0.4;

/** How many times as fast as DistributedDataParallel a crew is to be, at least; it is to beat one process with two threads. */
const targets: Readonly<Partial<Record<WorkloadName, number>>> = { W1: 2, W2: 3 };

const profiles = ['portable', 'fused'] as const;

const alone = 'PyTorch, two threads';

export async function benchCrew(names: readonly WorkloadName[]): Promise<void> {
  console.log(
    `\nA training step by ${threads} threads; median of ${rounds} alternating rounds of ${roundSeconds} s. A crew's ` +
      'microbatches are half the batch, a process of PyTorch DDP has half of it.',
  );
  for (const profile of profiles) console.log(`gradswarm ${profile}: ${describeEngine(await engineKind(profile))}`);
  const pytorch = findPyTorch();
  for (const name of names) await benchWorkload(name, pytorch);
}

async function benchWorkload(name: WorkloadName, pytorch: PyTorch | undefined): Promise<void> {
  const { title, batchSize } = workloads[name];
  console.log(`\n${name}: ${title}, batch ${batchSize}`);
  const contestants: Contestant[] = [];
  try {
    for (const options of contestantsOf(name, pytorch)) contestants.push(await Contestant.start(options));
    const measured = await alternate(contestants, { rounds, seconds: roundSeconds });
    report(name, new Map(contestants.map((contestant, index) => [contestant.name, measured[index] ?? []])));
  } finally {
    for (const contestant of contestants) contestant.stop();
  }
}

function contestantsOf(name: WorkloadName, pytorch: PyTorch | undefined): readonly ContestantOptions[] {
  const ours = profiles.map((profile) => ({
    name: `crew of ${threads}, ${profile}`,
    command: process.execPath,
    arguments: [builtScript('crew_step.js'), name, profile, String(threads)],
  }));
  if (pytorch === undefined) return ours;
  const { python, environment } = pytorch;
  const together: ContestantOptions = {
    name: alone,
    command: python,
    arguments: [peerScript('pytorch.py'), name, String(threads)],
    environment: pythonEnvironment(environment, threads),
  };
  return [...ours, together, ddpContestant(pytorch, name, threads)];
}

function report(name: WorkloadName, measured: ReadonlyMap<string, readonly number[]>): void {
  const rows = [...measured].map(([contestant, milliseconds]) => {
    const { median: middle, least, greatest } = summarize(milliseconds);
    const isOurs = contestant.startsWith('crew');
    const versus = profiles.map((profile) => {
      const ours = measured.get(`crew of ${threads}, ${profile}`) ?? [];
      return isOurs ? '' : `${threeDigits(ratioOf(milliseconds, ours))}x`;
    });
    return [contestant, threeDigits(middle), `${threeDigits(least)} to ${threeDigits(greatest)}`, ...versus];
  });
  console.log(formatTable(['', 'ms a step', 'rounds', ...profiles.map((profile) => `${profile} is as fast`)], rows));
  const target = targets[name];
  if (target !== undefined) console.log(`target: ${target}x DDP, and above 1x two threads`);
}

/** Median of the ratios of each round: what slows the machine for a while slows both. */
function ratioOf(one: readonly number[], other: readonly number[]): number {
  return median(one.map((milliseconds, round) => milliseconds / (other[round] ?? Number.NaN)));
}
