// Commands on a real terminal of a given size: tmux draws it, so that what is read is what a person sees.

import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { commandLine } from './processes.ts';

const run = promisify(execFile);

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** A command in a window of its own; its last screen stays when it has ended. */
export class TerminalWindow implements AsyncDisposable {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** @param environment variables for the command */
  static async open(
    commandArguments: readonly string[],
    { columns, rows }: Size,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<TerminalWindow> {
    const window = new TerminalWindow(await mkdtemp(join(tmpdir(), 'gradswarm-terminal-')));
    const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
    const command = ['env', '-u', 'CI', '-u', 'NO_COLOR', ...variables, process.execPath, commandLine];
    await window.#tmux(
      ...['-f', '/dev/null', 'new-session', '-d', '-x', `${columns}`, '-y', `${rows}`],
      ...['--', ...command, ...commandArguments],
      ...[';', 'set-option', '-g', 'remain-on-exit', 'on', ';', 'set-option', '-g', 'status', 'off'],
    );
    return window;
  }

  /** All lines, those that have scrolled away included. @param escapes whether colours are told */
  async lines({ escapes = false } = {}): Promise<readonly string[]> {
    const text = await this.#tmux('capture-pane', '-p', '-S', '-', ...(escapes ? ['-e'] : []));
    return text.trimEnd().split('\n');
  }

  /** Resolves when the terminal shows what is looked for. Rejects if the command has ended without. */
  async until<Found>(find: (lines: readonly string[]) => Found | undefined): Promise<Found> {
    for (;;) {
      const isDead = (await this.#tmux('display-message', '-p', '#{pane_dead}')).trim() === '1';
      const lines = await this.lines();
      const found = find(lines);
      if (found !== undefined) return found;
      if (isDead) throw new Error(`the command has ended; the terminal shows:\n${lines.join('\n')}`);
      await wait(20);
    }
  }

  /** Resolves with the exit code of the command, once it has ended. */
  async ended(): Promise<number> {
    for (;;) {
      const [isDead, code] = (await this.#tmux('display-message', '-p', '#{pane_dead} #{pane_dead_status}')).split(' ');
      if (isDead === '1') return Number(code);
      await wait(20);
    }
  }

  /** Closes the window, as a person does who has enough of it. */
  async close(): Promise<void> {
    await this.#tmux('kill-server');
  }

  async resize({ columns, rows }: Size): Promise<void> {
    await this.#tmux('resize-window', '-x', `${columns}`, '-y', `${rows}`);
  }

  /** Presses a key, in tmux's words. */
  async press(key: string): Promise<void> {
    await this.#tmux('send-keys', key);
  }

  async #tmux(...words: readonly string[]): Promise<string> {
    const { stdout } = await run('tmux', ['-S', join(this.#folder, 'socket'), ...words]);
    return stdout;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tmux('kill-server').catch(() => undefined);
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Every byte that a command writes to a terminal of so many columns, until it ends. */
export function writtenToTerminal(
  commandArguments: readonly string[],
  columns: number,
  environment: Readonly<Record<string, string>>,
): string {
  const words = [process.execPath, commandLine, ...commandArguments].map((word) => `'${word}'`);
  const command = `stty cols ${columns}; exec ${words.join(' ')}`;
  const { CI: _, NO_COLOR: __, ...inherited } = process.env;
  return execFileSync('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    encoding: 'utf8',
    env: { ...inherited, ...environment },
  });
}
