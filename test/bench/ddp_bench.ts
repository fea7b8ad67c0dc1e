// `npm run bench -- ddp`: two local workers, and the coordinator with its own share, beside PyTorch
// DistributedDataParallel (gloo, two processes).

import { spawnSync } from 'node:child_process';
import { jobOf, timeRun } from './distributed_step.ts';
import { findPython, peerScript } from './places.ts';
import { formatTable, threeDigits } from './table.ts';
import { median } from './timing.ts';
import { type WorkloadName, workloads } from './workloads.ts';

const passes = 3;
const steps = 590; // within an epoch
const workers = 2;

export async function benchDistributed(names: readonly WorkloadName[]): Promise<void> {
  const python = findPython();
  if (python === undefined) {
    console.log('PyTorch is absent: no python3 here can import torch. Set PYTHON to one that can.');
  }
  console.log(`\nA step on ${workers} processes, ms, medians of ${passes} alternating passes`);
  const rows: string[][] = [];
  for (const name of names) rows.push(await benchWorkload(name, python));
  console.log(formatTable(['', 'fused', 'portable', 'PyTorch DDP', 'DDP / fused', 'DDP / portable'], rows));
  console.log('target: above 1');
}

async function benchWorkload(name: WorkloadName, python: string | undefined): Promise<string[]> {
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
    if (python !== undefined) ddp.push(timeDdp(python, name));
  }
  const ratio = (ours: readonly number[]) => median(ddp.map((milliseconds, pass) => milliseconds / (ours[pass] ?? 0)));
  const title = `${name}, ${workload.title}, batch ${workload.batchSize}`;
  return [title, ...[median(fused), median(portable), median(ddp), ratio(fused), ratio(portable)].map(threeDigits)];
}

/** Milliseconds a step. */
function timeDdp(python: string, name: WorkloadName): number {
  const environment = { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', PYTHONDONTWRITEBYTECODE: '1' };
  const { status, stdout, stderr } = spawnSync(python, [peerScript('pytorch_ddp.py'), name, String(workers)], {
    env: environment,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`PyTorch DDP failed: ${stderr.trim().split('\n').at(-1)}`);
  return Number(stdout.trim());
}
