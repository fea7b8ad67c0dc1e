// Whether the coordinator's memory stays flat: its resident set over 100,000 steps of a small job, while workers are killed
// and started all the time, and while a crew computes.

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { formatTable } from '../../coordinator/command_line/table.ts';
import { Random } from '../simulation/random.ts';
import { Command, startCoordinator, startWorker, statusOf, temporaryFolder } from '../system/processes.ts';

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

/** A mini-batch that is worth two threads. */
const crewJob = [
  '--set',
  'model.layers=[{"type":"dense","units":10}]',
  '--set',
  'batchSize=100',
  '--set',
  'microbatchSize=25',
];

interface Sample {
  readonly step: number;
  readonly megabytes: number;
}

/** Beside workers that are killed and started all the time. */
export async function benchMemory(steps: number): Promise<void> {
  await using folder = await temporaryFolder();
  const started = await startCoordinator('mnist-mlp', ...job, ...lengthOf(steps), '--run', join(folder.path, 'run'));
  const random = new Random(1);
  const swarm = Array.from({ length: workers }, () => startWorker(started.url));
  let killed = 0;
  let lastDeath = performance.now();
  try {
    const samples = await watch(started, async () => {
      if (performance.now() - lastDeath < churn) return;
      lastDeath = performance.now();
      const victim = random.below(swarm.length);
      await swarm[victim]?.kill();
      swarm[victim] = startWorker(started.url);
      killed += 1;
    });
    report(`over ${steps} steps, ${killed} workers killed on the way`, samples, steps);
  } finally {
    await Promise.all(swarm.map((worker) => worker.kill()));
  }
}

/** By a crew of the coordinator's own. */
export async function benchCrewMemory(steps: number): Promise<void> {
  await using folder = await temporaryFolder();
  const run = ['--run', join(folder.path, 'run'), '--port', '0', '--threads', '2'];
  const command = new Command(['train', 'mnist-mlp', ...crewJob, ...lengthOf(steps), ...run]);
  const status = statusOf(command, Number((await command.match(/listening on ws:\/\/127\.0\.0\.1:(\d+)/))[1]));
  report(`over ${steps} steps by a crew of two threads`, await watch({ command, status }), steps);
}

function lengthOf(steps: number): readonly string[] {
  return ['--set', `steps=${steps}`, '--checkpoint-steps', '2000'];
}

type Watched = Pick<Awaited<ReturnType<typeof startCoordinator>>, 'command' | 'status'>;

/** Looks at a run until it has ended. @param between called between two looks */
async function watch({ command, status }: Watched, between?: () => Promise<void>): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  for (let now = await status(); now !== undefined && command.isRunning; now = await status()) {
    samples.push({ step: now.step, megabytes: residentMegabytes(command.pid) });
    await wait(100);
    await between?.();
  }
  const { code, errors } = await command.finished;
  if (code !== 0) throw new Error(`the coordinator ended with exit code ${code}: ${errors}`);
  return samples;
}

function report(how: string, samples: readonly Sample[], steps: number): void {
  const at = (step: number) => samples.find((sample) => sample.step >= step) ?? samples.at(-1);
  console.log(`\nThe coordinator's memory ${how}`);
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
