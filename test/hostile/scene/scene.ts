// What is attacked: a real coordinator that trains, and two honest workers, in processes of their own.

import { Agent, get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { StepRecord } from '../../../coordinator/records/ledger.ts';
import { Command, endless, type Finished, startWorker } from '../../system/processes.ts';
import { stepsOf } from '../../system/reference.ts';
import type { Target } from '../attack.ts';
import { builtFile } from './built_file.ts';
import { type ProbeSample, probeVariable, readSamples } from './probe_sample.ts';
import { administratorToken, workerToken } from './tokens.ts';

export interface SceneOptions {
  /** Arguments of `train` that make up the job, but for its length. */
  readonly job: readonly string[];
  /** Flags of `train` besides. */
  readonly flags?: readonly string[];
  /** Where the run's folder is made. */
  readonly folder: string;
}

/** How a scene ended. */
export interface SceneEnd {
  readonly finished: Finished;
  /** As the ledger has them, in order. */
  readonly steps: readonly StepRecord[];
  /** What the coordinator has said. */
  readonly lines: readonly string[];
}

const honestWorkers = 2;

export class Scene implements AsyncDisposable {
  readonly target: Target;
  readonly command: Command;
  readonly #probeFile: string;
  readonly #workers: readonly ReturnType<typeof startWorker>[];
  readonly #honest: readonly string[];
  /** The operator's own connection, opened before any attack. */
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  private constructor(parts: {
    target: Target;
    command: Command;
    probeFile: string;
    workers: readonly ReturnType<typeof startWorker>[];
    honest: readonly string[];
  }) {
    this.target = parts.target;
    this.command = parts.command;
    this.#probeFile = parts.probeFile;
    this.#workers = parts.workers;
    this.#honest = parts.honest;
  }

  /** Resolves when both honest workers are at work. */
  static async open({ job, flags = [], folder }: SceneOptions): Promise<Scene> {
    const runFolder = join(folder, 'run');
    const probeFile = join(folder, 'probe.jsonl');
    const network = ['--workers', '0', '--host', '127.0.0.1', '--port', '0'];
    const command = new Command(['train', ...job, ...endless, ...network, '--run', runFolder, ...flags], {
      environment: {
        GRADSWARM_TOKEN: administratorToken,
        NODE_OPTIONS: `--import ${pathToFileURL(builtFile('test/hostile/scene/probe.js'))}`,
        [probeVariable]: probeFile,
      },
    });
    const [, port] = await command.match(/listening on ws:\/\/127\.0\.0\.1:(\d+)/);
    const target = { host: '127.0.0.1', port: Number(port), workerToken, folder: runFolder };
    const url = `ws://127.0.0.1:${port}`;
    const environment = { GRADSWARM_TOKEN: target.workerToken };
    const workers = Array.from({ length: honestWorkers }, () => startWorker(url, environment));
    const joined = await command.matches(/worker (\w+) joined \(node/, honestWorkers);
    const honest = joined.map(([, id = '']) => id);
    const scene = new Scene({ target, command, probeFile, workers, honest });
    await scene.advanced(10);
    return scene;
  }

  /** Process ids of the coordinator and the honest workers. */
  get pids(): readonly number[] {
    return [this.command.pid, ...this.#workers.flatMap(({ pid }) => pid ?? [])];
  }

  get isAlive(): boolean {
    return this.command.isRunning;
  }

  /** What the probe in the coordinator has measured so far. */
  get samples(): readonly ProbeSample[] {
    return readSamples(this.#probeFile);
  }

  /** Steps done. @throws {Error} if the coordinator is gone. */
  async step(): Promise<number> {
    const { host, port } = this.target;
    const headers = { authorization: `Bearer ${administratorToken}` };
    const body = await new Promise<string>((resolve, reject) => {
      get({ host, port, path: '/status', agent: this.#agent, headers }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        response.on('end', () => resolve(text));
      }).on('error', reject);
    });
    return (JSON.parse(body) as { step: number }).step;
  }

  /** Resolves when so many steps more have been done. @throws {Error} if the coordinator ends before. */
  async advanced(steps: number): Promise<void> {
    const last = (await this.step()) + steps;
    while ((await this.step()) < last) await wait(5);
  }

  /** Lines that no honest run prints: forged ones, or with characters that move a cursor. */
  get forgedLines(): readonly string[] {
    return this.command.lines.filter((line) => /^\W*FORGED/.test(line) || /[\p{Cc}\p{Bidi_Control}]/u.test(line));
  }

  /** What honest workers noticed: lines of the coordinator on those that it warned or lost. */
  get disturbances(): readonly string[] {
    return this.command.lines.filter((line) =>
      this.#honest.some((id) => new RegExp(`worker ${id} (left|:)|${id}.*(warned|not counted)`).test(line)),
    );
  }

  /** Stops the run; its honest workers end, too. */
  async end(): Promise<SceneEnd> {
    this.#agent.destroy();
    this.command.signal('SIGINT');
    const finished = await this.command.finished;
    await this.#killWorkers();
    return { finished, steps: await stepsOf(this.target.folder), lines: this.command.lines };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#agent.destroy();
    if (this.command.isRunning) this.command.signal('SIGKILL');
    await this.command.finished;
    await this.#killWorkers();
  }

  async #killWorkers(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.kill()));
  }
}
