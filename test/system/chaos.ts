// Chaos with real processes: workers killed with SIGKILL or frozen with SIGSTOP all the time, the coordinator killed with
// SIGKILL and resumed, as a seed says. When all that has happened the run is stopped; its bits are those of an undisturbed one.

import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Random } from '../simulation/random.ts';
import { Command, digestIn, endless, run, type Stopped, startWorker } from './processes.ts';
import { Reference } from './reference.ts';

export interface ChaosOptions {
  /** Arguments of `train` that make up the job, but for its length. */
  readonly job: readonly string[];
  /** Steps to do at least. */
  readonly steps: number;
  readonly workers: number;
  /** Milliseconds between two blows against workers, at least: each waits until the run has moved on. */
  readonly interval: number;
  /** Workers to kill and to freeze at least, each. */
  readonly blows: number;
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
  /** The last step. */
  readonly step: number;
  readonly runFolder: string;
  readonly killed: number;
  readonly frozen: number;
  readonly coordinatorKills: number;
}

type Worker = ReturnType<typeof startWorker>;

export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { job, print } = options;
  const chaos = new Chaos(options, await freePort());
  try {
    const { step, checkpoint } = await chaos.train();
    const digest = digestIn(await run('evaluate', checkpoint));
    print(`training ${step} steps undisturbed, in one process`);
    const reference = (await new Reference(job).digests(step)).at(-1) ?? '';
    return { reference, digest, step, runFolder: chaos.runFolder, ...chaos.counts };
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
  readonly #enoughBlows: Promise<void>;
  #onEnoughBlows = () => {};
  #tormenting = Promise.resolve();

  constructor(options: ChaosOptions, port: number) {
    this.#options = options;
    this.#port = port;
    this.#random = new Random(options.seed);
    this.runFolder = join(options.folder, 'chaos');
    this.#enoughBlows = new Promise((resolve) => {
      this.#onEnoughBlows = resolve;
    });
  }

  async train(): Promise<Stopped> {
    const { job, steps, workers, coordinatorKills } = this.#options;
    for (let worker = 0; worker < workers; worker++) this.#startWorker();
    this.#coordinator = this.#startCoordinator([...job, ...endless, '--run', this.runFolder]);
    this.#tormenting = this.#torment();
    for (const step of this.#killSteps(coordinatorKills)) {
      await this.#untilStep(step);
      await this.#killCoordinator();
    }
    await this.#untilStep(steps);
    this.#say('enough steps; waiting for the rest of the blows');
    await this.#enoughBlows;
    this.#isOver = true;
    await this.#tormenting;
    const stopped = await this.#coordinator.stop();
    this.#say(`stopped after step ${stopped.step}`);
    return stopped;
  }

  async end(): Promise<void> {
    this.#isOver = true;
    this.#coordinator?.signal('SIGKILL');
    await this.#tormenting;
    await Promise.all(this.#workers.map((worker) => worker.kill()));
  }

  /** Random moments, in order, each behind the first checkpoint. */
  #killSteps(count: number): readonly number[] {
    const { steps: last, checkpointSteps } = this.#options;
    const first = checkpointSteps + 5;
    const steps = Array.from({ length: count }, () => first + Math.floor((last - first) * this.#random.next()));
    return steps.sort((one, other) => one - other);
  }

  #startWorker(): void {
    this.#workers.push(startWorker(`ws://127.0.0.1:${this.#port}`));
  }

  #startCoordinator(trainArguments: readonly string[]): Command {
    const { checkpointSteps } = this.#options;
    const saving = ['--checkpoint-steps', String(checkpointSteps), '--keep', '3'];
    const command = ['train', ...trainArguments, ...saving, '--workers', '0', '--port', String(this.#port)];
    return new Command(command);
  }

  /** Kills or freezes a random worker every so often. */
  async #torment(): Promise<void> {
    const { interval, blows } = this.#options;
    for (let before = 0; !this.#isOver; before = await this.#untilMoved(before)) {
      await wait(interval);
      const victim = this.#random.pick(this.#workers);
      if (victim === undefined || this.#isOver) continue;
      if (this.#random.chance(0.5)) await this.#kill(victim);
      else this.#freeze(victim, this.#random.scale(interval / 2, 6 * interval));
      if (Math.min(this.counts.killed, this.counts.frozen) >= blows) this.#onEnoughBlows();
    }
  }

  /**
   * Resolves with the step when it is another one, or when chaos is over. Without this, workers that take longer to start
   * than the blows need to find them would never help, and the run would stand still.
   */
  async #untilMoved(before: number): Promise<number> {
    while (!this.#isOver) {
      const status = await this.#status();
      if (status !== undefined && status.step !== before) return status.step;
      await wait(10);
    }
    return before;
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
    this.#coordinator = this.#startCoordinator(['--resume', this.runFolder]);
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
