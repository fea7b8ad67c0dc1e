// Chaos with real processes: workers killed with SIGKILL or frozen with SIGSTOP all the time, the coordinator killed with
// SIGKILL and resumed, all by a seed; in the end the bits are those of an undisturbed run.

import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Random } from '../simulation/random.ts';
import { Command, digestIn, type Finished, run, startWorker } from './processes.ts';

export interface ChaosOptions {
  /** Arguments of `train` that make up the job. */
  readonly job: readonly string[];
  readonly totalSteps: number;
  readonly workers: number;
  /** Milliseconds between two blows against workers. */
  readonly interval: number;
  /** How often the coordinator is killed. */
  readonly coordinatorKills: number;
  readonly checkpointSteps: number;
  readonly seed: number;
  /** The run's folder is made in this one. */
  readonly folder: string;
  readonly print: (line: string) => void;
}

export interface ChaosReport {
  readonly reference: string;
  readonly digest: string;
  readonly finished: Finished;
  readonly runFolder: string;
  readonly killed: number;
  readonly frozen: number;
  readonly coordinatorKills: number;
}

type Worker = ReturnType<typeof startWorker>;

export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { job, folder, print } = options;
  print('training undisturbed, in one process');
  const reference = digestIn(await run('train', ...job, '--in-process', '--run', join(folder, 'undisturbed')));
  print(`undisturbed: parameters SHA-256 ${reference}`);
  const chaos = new Chaos(options, await freePort());
  try {
    const finished = await chaos.train();
    return { reference, digest: digestIn(finished), finished, runFolder: chaos.runFolder, ...chaos.counts };
  } finally {
    await chaos.end();
  }
}

class Chaos {
  readonly runFolder: string;
  readonly counts = { killed: 0, frozen: 0, coordinatorKills: 0 };
  readonly #options: ChaosOptions;
  readonly #port: number;
  readonly #random: Random;
  readonly #workers: Worker[] = [];
  readonly #start = performance.now();
  #coordinator: Command | undefined;
  #isOver = false;
  #tormenting = Promise.resolve();

  constructor(options: ChaosOptions, port: number) {
    this.#options = options;
    this.#port = port;
    this.#random = new Random(options.seed);
    this.runFolder = join(options.folder, 'chaos');
  }

  async train(): Promise<Finished> {
    const { job, workers, coordinatorKills } = this.#options;
    for (let worker = 0; worker < workers; worker++) this.#startWorker();
    this.#tormenting = this.#torment();
    this.#startCoordinator([...job, '--run', this.runFolder]);
    for (const step of this.#killSteps(coordinatorKills)) {
      await this.#untilStep(step);
      await this.#killCoordinator();
    }
    if (this.#coordinator === undefined) throw new Error('the coordinator was not started');
    const finished = await this.#coordinator.finished;
    this.#say(`finished with exit code ${finished.code}`);
    return finished;
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.#tormenting;
    this.#coordinator?.signal('SIGKILL');
    await Promise.all(this.#workers.map((worker) => worker.kill()));
  }

  /** Random moments, in order, each behind the first checkpoint and before the end. */
  #killSteps(count: number): readonly number[] {
    const { totalSteps, checkpointSteps } = this.#options;
    const first = checkpointSteps + 5;
    const span = 0.9 * totalSteps - first;
    const steps = Array.from({ length: count }, () => first + Math.floor(span * this.#random.next()));
    return steps.sort((one, other) => one - other);
  }

  #startWorker(): void {
    this.#workers.push(startWorker(`ws://127.0.0.1:${this.#port}`));
  }

  #startCoordinator(trainArguments: readonly string[]): void {
    const { checkpointSteps } = this.#options;
    const saving = ['--checkpoint-steps', String(checkpointSteps), '--keep', '3'];
    const command = ['train', ...trainArguments, ...saving, '--workers', '0', '--port', String(this.#port)];
    this.#coordinator = new Command(command);
  }

  /** Kills or freezes a random worker every so often. */
  async #torment(): Promise<void> {
    const { interval } = this.#options;
    while (!this.#isOver) {
      await wait(interval);
      const victim = this.#random.pick(this.#workers);
      if (victim === undefined || this.#isOver) continue;
      if (this.#random.chance(0.5)) await this.#kill(victim);
      else this.#freeze(victim, this.#random.scale(interval / 2, 6 * interval));
    }
  }

  async #kill(victim: Worker): Promise<void> {
    this.counts.killed += 1;
    this.#say(`worker ${victim.pid}: SIGKILL`);
    await victim.kill();
    this.#workers.splice(this.#workers.indexOf(victim), 1);
    if (!this.#isOver) this.#startWorker();
  }

  #freeze(victim: Worker, milliseconds: number): void {
    this.counts.frozen += 1;
    this.#say(`worker ${victim.pid}: SIGSTOP for ${Math.round(milliseconds)} ms`);
    victim.freeze();
    // Killed meanwhile, there is nothing to thaw.
    setTimeout(() => victim.thaw(), milliseconds);
  }

  async #killCoordinator(): Promise<void> {
    this.counts.coordinatorKills += 1;
    const { step } = (await this.#status()) ?? { step: undefined };
    this.#coordinator?.signal('SIGKILL');
    await this.#coordinator?.finished;
    const checkpoints = (await readdir(this.runFolder)).filter((name) => name.endsWith('.safetensors')).sort();
    this.#say(`coordinator: SIGKILL at step ${step}; resuming, newest checkpoint ${checkpoints.at(-1)}`);
    this.#startCoordinator(['--resume', this.runFolder]);
  }

  async #untilStep(step: number): Promise<void> {
    for (;;) {
      const status = await this.#status();
      if (status !== undefined && status.step >= step) return;
      if (this.#coordinator?.isRunning === false) {
        const { output, errors } = await this.#coordinator.finished;
        throw new Error(`the coordinator ended before step ${step}:\n${output}\n${errors}`);
      }
      await wait(10);
    }
  }

  /** Undefined while nobody answers. */
  async #status(): Promise<{ readonly step: number } | undefined> {
    try {
      const response = await fetch(`http://127.0.0.1:${this.#port}/status`);
      return (await response.json()) as { step: number };
    } catch (error) {
      if (error instanceof TypeError) return undefined; // what fetch throws when there is no connection
      throw error;
    }
  }

  #say(line: string): void {
    this.#options.print(`${((performance.now() - this.#start) / 1000).toFixed(1).padStart(6)} s  ${line}`);
  }
}

/** A port that nothing listens on just now. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  server.close();
  await once(server, 'close');
  return address.port;
}
