// Real processes for whole-system tests: coordinators and workers as users start them, from the built files.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** The built product: this file is run from its source by vitest, and built by `npm run chaos`. */
const productFolder = new URL(import.meta.url.endsWith('.ts') ? '../../dist/' : '../../', import.meta.url);
const built = (path: string) => fileURLToPath(new URL(path, productFolder));

export const commandLine = built('coordinator/command_line/main.js');
const workerEntry = built('worker/process/main.js');

export interface Finished {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

export interface Stopped extends Finished {
  readonly step: number;
  readonly checkpoint: string;
}

/**
 * A job that does not end before it is told to: the test stops it when it has seen what it waits for, however fast the
 * machine is. Its learning rate does not depend on its length, so that after any step it has the bits of a job that ends
 * there; see `Reference`.
 */
export const endless: readonly string[] = ['--set', 'schedule={"kind":"constant"}', '--set', 'steps=4000000000'];

export interface CommandOptions {
  /** Where it runs. */
  readonly folder?: string;
  /** Variables beside this process's own. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Whether it leads a process group, so that `killGroup` ends those that it has started, too. */
  readonly leadsGroup?: boolean;
}

/** A gradswarm command that was started; its output is collected line by line. */
export class Command {
  readonly lines: string[] = [];
  readonly #child: ChildProcess;
  readonly #finished: Promise<Finished>;
  #errors = '';
  #isClosed = false;

  constructor(
    commandArguments: readonly string[],
    { folder = '.', environment = {}, leadsGroup = false }: CommandOptions = {},
  ) {
    this.#child = spawn(process.execPath, [commandLine, ...commandArguments], {
      cwd: folder,
      detached: leadsGroup,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1', ...environment },
    });
    const { stdout, stderr } = this.#child;
    if (stdout === null || stderr === null) throw new Error('the command has no output');
    createInterface({ input: stdout }).on('line', (line) => this.lines.push(line));
    stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text;
    });
    this.#finished = once(this.#child, 'close').then(([code]) => {
      this.#isClosed = true;
      return { code: code as number | null, output: this.lines.join('\n'), errors: this.#errors };
    });
  }

  get finished(): Promise<Finished> {
    return this.#finished;
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error('the command did not start');
    return this.#child.pid;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Closes the pipe that it prints to, as `| head` does. */
  stopReading(): void {
    this.#child.stdout?.destroy();
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Ends a command that leads a group, and all that it has started, by SIGKILL. */
  killGroup(): void {
    signalGroup(this.pid, 'SIGKILL');
  }

  /** Resolves with the first match of a line that was or will be printed. Rejects if the command ends without it. */
  async match(pattern: RegExp): Promise<RegExpExecArray> {
    const [first] = await this.matches(pattern, 1);
    if (first === undefined) throw new Error(`no line like ${pattern}`);
    return first;
  }

  /** Resolves when so many lines have matched, with all that do. Rejects if the command ends with fewer. */
  async matches(pattern: RegExp, count: number): Promise<readonly RegExpExecArray[]> {
    for (;;) {
      // Asked for first: what a command printed at its end counts, too.
      const mayPrint = !this.#isClosed;
      const found = this.lines.map((line) => pattern.exec(line)).filter((match) => match !== null);
      if (found.length >= count) return found;
      if (!mayPrint) {
        const wanted = `${count} lines like ${pattern}`;
        throw new Error(`${found.length} of ${wanted} in:\n${this.lines.join('\n')}\n${this.#errors}`);
      }
      await wait(10);
    }
  }

  /** Stops a run by Ctrl-C: the steps that it has done, and the checkpoint that it has left. */
  async stop(): Promise<Stopped> {
    this.signal('SIGINT');
    const finished = await this.finished;
    const [, step, checkpoint] = /stopped after step (\d+) of \d+; checkpoint (.*)$/m.exec(finished.output) ?? [];
    if (step === undefined || checkpoint === undefined) {
      throw new Error(`the run did not stop with a checkpoint:\n${finished.output}\n${finished.errors}`);
    }
    return { ...finished, step: Number(step), checkpoint };
  }
}

/** Runs a command to its end. */
export function run(...commandArguments: readonly string[]): Promise<Finished> {
  return new Command(commandArguments).finished;
}

/** A coordinator without local workers, and the URL workers reach it at. */
export async function startCoordinator(...trainArguments: readonly string[]) {
  const command = new Command(['train', ...trainArguments, '--workers', '0', '--port', '0']);
  const [, port] = await command.match(/listening on ws:\/\/127\.0\.0\.1:(\d+)/);
  const status = statusOf(command, Number(port));
  /** Resolves when the run has done a step, with the last one done. */
  const reached = async (step: number): Promise<number> => {
    for (;;) {
      const now = await status();
      if (now === undefined) throw new Error(`the coordinator ended before step ${step}`);
      if (now.step >= step) return now.step;
      await wait(5);
    }
  };
  /** Resolves when the run has done so many steps more than it has now. */
  const advanced = async (steps: number): Promise<number> => reached((await reached(0)) + steps);
  return { command, url: `ws://127.0.0.1:${port}`, status, reached, advanced };
}

/** What GET /status says; undefined once the coordinator is gone. */
export function statusOf(command: Command, port: number) {
  return async (): Promise<{ step: number; workers: number } | undefined> => {
    try {
      const response = await fetch(`http://127.0.0.1:${port}/status`);
      return (await response.json()) as { step: number; workers: number };
    } catch (error) {
      // A connection that breaks may be the first sign of its end.
      await Promise.race([command.finished, wait(1_000)]);
      if (command.isRunning) throw error;
      return undefined;
    }
  };
}

function signalGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leader, signal);
  } catch (error) {
    // It has ended by itself.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** A worker with one computing process, in a process group of its own so that SIGKILL hits all of it at once. */
export function startWorker(url: string, environment: Readonly<Record<string, string>> = {}, threads = 1) {
  const child = spawn(
    process.execPath,
    [workerEntry, url, '--processes', '1', '--threads', String(threads), '--quiet'],
    {
      stdio: 'ignore',
      detached: true,
      env: { ...process.env, ...environment },
    },
  );
  const exited = once(child, 'exit');
  const killGroup = (signal: NodeJS.Signals) => {
    if (child.pid === undefined) throw new Error('the worker did not start');
    signalGroup(child.pid, signal);
  };
  return {
    pid: child.pid,
    exited,
    async kill(): Promise<void> {
      killGroup('SIGKILL');
      await exited;
    },
    freeze: () => killGroup('SIGSTOP'),
    thaw: () => killGroup('SIGCONT'),
  };
}

/** A folder that is gone after the test. */
export async function temporaryFolder() {
  const path = await mkdtemp(join(tmpdir(), 'gradswarm-test-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** The SHA-256 of the parameters in a run's last line. */
export function digestIn({ output, errors }: Finished): string {
  const digest = /parameters SHA-256 ([0-9a-f]{64})$/.exec(output)?.[1];
  if (digest === undefined) throw new Error(`no digest in:\n${output}\n${errors}`);
  return digest;
}
