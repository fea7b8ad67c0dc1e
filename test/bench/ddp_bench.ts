// `npm run bench -- ddp`: two local workers, and the coordinator with its own share, beside PyTorch
// DistributedDataParallel (gloo, two processes).

import { formatTable, threeDigits } from '../../coordinator/command_line/table.ts';
import { Contestant, type ContestantOptions } from './contestant.ts';
import { jobOf, timeRun } from './distributed_step.ts';
import { peerScript } from './places.ts';
import { findPyTorch, type PyTorch } from './pytorch.ts';
import { median } from './timing.ts';
import { type WorkloadName, workloads } from './workloads.ts';

const passes = 3;
const steps = 590; // within an epoch
const workers = 2;
const ddpSeconds = 2;

export async function benchDistributed(names: readonly WorkloadName[]): Promise<void> {
  const pytorch = findPyTorch();
  console.log(`\nA step on ${workers} processes, ms, medians of ${passes} alternating passes`);
  const rows: string[][] = [];
  for (const name of names) rows.push(await benchWorkload(name, pytorch));
  console.log(formatTable(['', 'fused', 'portable', 'PyTorch DDP', 'DDP / fused', 'DDP / portable'], rows));
  console.log('target: above 1');
}

async function benchWorkload(name: WorkloadName, pytorch: PyTorch | undefined): Promise<string[]> {
  const workload = workloads[name];
  const microbatchSize = workload.batchSize / workers;
  const fused: number[] = [];
  const portable: number[] = [];
  const ddp: number[] = [];
  for (let pass = 0; pass < passes; pass++) {
    fused.push(
      (await timeRun(jobOf(workload, { microbatchSize, steps, numerics: 'fused' }), workers, 'beside workers')).median,
    );
    portable.push(
      (await timeRun(jobOf(workload, { microbatchSize, steps, numerics: 'portable' }), workers, 'beside workers'))
        .median,
    );
    if (pytorch !== undefined) ddp.push(await timeDdp(pytorch, name));
  }
  const ratio = (ours: readonly number[]) => median(ddp.map((milliseconds, pass) => milliseconds / (ours[pass] ?? 0)));
  const title = `${name}, ${workload.title}, batch ${workload.batchSize}`;
  return [title, ...[median(fused), median(portable), median(ddp), ratio(fused), ratio(portable)].map(threeDigits)];
}

/** DistributedDataParallel, of so many processes. */
export function ddpContestant(
  { python, environment }: PyTorch,
  name: WorkloadName,
  processes: number,
): ContestantOptions {
  const words = [peerScript('pytorch_ddp.py'), name, String(processes)];
  return { name: 'PyTorch DDP', command: python, arguments: words, environment };
}

/** Milliseconds a step. */
async function timeDdp(pytorch: PyTorch, name: WorkloadName): Promise<number> {
  const contestant = await Contestant.start(ddpContestant(pytorch, name, workers));
  try {
    return await contestant.round(ddpSeconds);
  } finally {
    contestant.stop();
  }
}
