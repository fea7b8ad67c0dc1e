// A process under measurement, seen from the benchmark that asks it for rounds.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { RoundMessage } from './rounds.ts';

export interface ContestantOptions {
  readonly name: string;
  readonly command: string;
  readonly arguments: readonly string[];
  /** Core to pin the process to, where the system has `taskset`. */
  readonly core?: number;
  /** What it runs in; absent: what this process does. */
  readonly environment?: NodeJS.ProcessEnv;
}

/** Milliseconds for a contestant to load, compile and warm up. */
const readyTimeout = 120_000;

const hasTaskset = spawnSync('taskset', ['--version']).error === undefined;

/** Why rounds are not pinned to a core, for the benchmark to say; undefined if they are. */
export const notPinned = hasTaskset ? undefined : 'taskset is missing: processes are not pinned to a core';

export class Contestant {
  readonly name: string;
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  #said = '';

  private constructor({ name, command, arguments: given, core, environment: env = process.env }: ContestantOptions) {
    this.name = name;
    const pinned = core !== undefined && hasTaskset;
    const words = pinned ? ['taskset', '-c', String(core), command, ...given] : [command, ...given];
    const [program = command, ...rest] = words;
    const child = spawn(program, rest, { stdio: ['pipe', 'pipe', 'pipe'], env });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-4_000);
    });
    this.#process = child;
    // Lines that are no JSON are a peer's own chatter.
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  /** Starts the process and waits until it is warm. @throws {Error} if it ends before that, with what it said. */
  static async start(options: ContestantOptions): Promise<Contestant> {
    const contestant = new Contestant(options);
    const timer = setTimeout(() => contestant.#process.kill('SIGKILL'), readyTimeout);
    await contestant.#next('ready');
    clearTimeout(timer);
    return contestant;
  }

  /** Milliseconds a step, over a round of at least that many seconds. */
  async round(seconds: number): Promise<number> {
    this.#process.stdin?.write(`${seconds}\n`);
    const { milliseconds, loss } = await this.#next('round');
    if (!Number.isFinite(loss)) throw new Error(`${this.name}: its loss is ${loss}: it does not train`);
    return milliseconds;
  }

  stop(): void {
    this.#process.kill('SIGKILL');
  }

  async #next<Type extends RoundMessage['type']>(type: Type): Promise<Extract<RoundMessage, { type: Type }>> {
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done === true) throw new Error(`${this.name} ended: ${this.#said.trim().split('\n').at(-1) ?? 'no reason'}`);
      const line: string = value;
      if (!line.startsWith('{')) continue;
      const message: RoundMessage = JSON.parse(line);
      if (message.type === type) return message as Extract<RoundMessage, { type: Type }>;
    }
  }
}

/** Rounds of several contestants in turn: rounds[i] are the milliseconds a step of contestants[i]. */
export async function alternate(
  contestants: readonly Contestant[],
  { rounds, seconds }: { readonly rounds: number; readonly seconds: number },
): Promise<readonly (readonly number[])[]> {
  const measured = contestants.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, contestant] of contestants.entries()) {
      measured[index]?.push(await contestant.round(seconds));
    }
  }
  return measured;
}
