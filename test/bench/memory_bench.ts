// Whether the coordinator's memory stays flat: its resident set over 100,000 steps of a small job, while workers are killed
// and started all the time.

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { formatTable } from '../../coordinator/command_line/table.ts';
import { Random } from '../simulation/random.ts';
import { startCoordinator, startWorker, temporaryFolder } from '../system/processes.ts';

/** mnist with softmax regression: a step is mostly coordination. */
const job = [
  '--set',
  'model.layers=[{"type":"dense","units":10}]',
  '--set',
  'batchSize=20',
  '--set',
  'microbatchSize=10',
];

const workers = 3;
/** Milliseconds between two deaths of a worker. */
const churn = 1_000;
/** Steps until everything is warm. */
const warmUp = 5_000;

export async function benchMemory(steps: number): Promise<void> {
  await using folder = await temporaryFolder();
  const { command, url, status } = await startCoordinator(
    'mnist-mlp',
    ...job,
    ...['--set', `steps=${steps}`, '--checkpoint-steps', '2000', '--run', join(folder.path, 'run')],
  );
  const random = new Random(1);
  const swarm = Array.from({ length: workers }, () => startWorker(url));
  const samples: { readonly step: number; readonly megabytes: number }[] = [];
  let killed = 0;
  let lastDeath = performance.now();
  try {
    for (let now = await status(); now !== undefined && command.isRunning; now = await status()) {
      samples.push({ step: now.step, megabytes: residentMegabytes(command.pid) });
      await wait(100);
      if (performance.now() - lastDeath < churn) continue;
      lastDeath = performance.now();
      const victim = random.below(swarm.length);
      await swarm[victim]?.kill();
      swarm[victim] = startWorker(url);
      killed += 1;
    }
    const { code, errors } = await command.finished;
    if (code !== 0) throw new Error(`the coordinator ended with exit code ${code}: ${errors}`);
  } finally {
    await Promise.all(swarm.map((worker) => worker.kill()));
  }
  const at = (step: number) => samples.find((sample) => sample.step >= step) ?? samples.at(-1);
  console.log(`\nThe coordinator's memory over ${steps} steps, ${killed} workers killed on the way`);
  const rows = [Math.min(warmUp, steps / 10), steps / 4, steps / 2, (3 * steps) / 4, steps].map((step) => {
    const sample = at(step);
    return [String(sample?.step ?? '–'), (sample?.megabytes ?? Number.NaN).toFixed(1)];
  });
  console.log(formatTable(['step', 'resident, MB'], rows));
  console.log(`greatest: ${Math.max(...samples.map(({ megabytes }) => megabytes)).toFixed(1)} MB`);
}

function residentMegabytes(pid: number): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) / 1024;
}
