// `npm run bench -- border --against DIR`: what the border costs a step of mnist-mlp over the wire: this build beside
// another one. Both train at the same time, in turns of a second in which the other is frozen, so that what slows the
// machine slows both; and what their processes compute for a step is told apart from the time that it takes.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { formatTable, threeDigits } from '../../coordinator/command_line/table.ts';
import { computedTime } from '../hostile/process_tree.ts';
import { endless, temporaryFolder } from '../system/processes.ts';
import { digestsOf } from '../system/reference.ts';
import { stepTime } from './step_time.ts';
import { median } from './timing.ts';

const rounds = 60;
/** Milliseconds: of a round, and of the time before it that does not count. */
const [roundTime, settleTime] = [1_000, 300];

/** Most that the border may cost, in a step's time. */
const target = 1.02;

const thisBuild = fileURLToPath(new URL('../../../', import.meta.url));

/** @throws {Error} if there is no build in that folder. */
export async function benchBorder(against: string): Promise<void> {
  await using folder = await temporaryFolder();
  const older = await FrozenRun.start(against, join(folder.path, 'older'));
  const newer = await FrozenRun.start(thisBuild, join(folder.path, 'newer'));
  const times: Pair[] = [];
  let computed: Pair;
  try {
    await older.round();
    await newer.round();
    const start = { older: await older.mark(), newer: await newer.mark() };
    for (let round = 0; round < rounds; round++) {
      // Whoever is first in one round is second in the next.
      const newerFirst = round % 2 === 0;
      const early = newerFirst ? await newer.round() : undefined;
      const old = await older.round();
      times.push({ older: old, newer: early ?? (await newer.round()) });
    }
    computed = {
      older: computedSince(start.older, await older.mark()),
      newer: computedSince(start.newer, await newer.mark()),
    };
  } finally {
    await Promise.all([older.stop(), newer.stop()]);
  }
  const [before, after] = await Promise.all([digestsOf(older.folder), digestsOf(newer.folder)]);
  const common = Math.min(before.length, after.length);
  if (before[common - 1] !== after[common - 1]) throw new Error(`the runs differ in their bits by step ${common}`);
  report(times, computed);
}

/** Milliseconds a step of both builds. */
interface Pair {
  readonly older: number;
  readonly newer: number;
}

/** Where a run is. */
interface Mark {
  readonly step: number;
  /** Milliseconds that its processes have computed. */
  readonly computed: number;
}

function computedSince(from: Mark, to: Mark): number {
  return (to.computed - from.computed) / (to.step - from.step);
}

function report(times: readonly Pair[], computed: Pair): void {
  const ratios = times.map(({ older, newer }) => newer / older).sort((one, other) => one - other);
  const quarter = Math.floor(ratios.length / 4);
  console.log(
    `\nA step of mnist-mlp on one local worker process, all on it, ms, medians of ${times.length} rounds in turns`,
  );
  const of = (build: 'older' | 'newer') => threeDigits(median(times.map((time) => time[build])));
  console.log(
    formatTable(
      ['', 'ms', 'computed'],
      [
        ['the other build', of('older'), threeDigits(computed.older)],
        ['this build', of('newer'), threeDigits(computed.newer)],
      ],
    ),
  );
  const [low, middle, high] = [ratios[quarter], median(ratios), ratios.at(-1 - quarter)].map((ratio = Number.NaN) =>
    ratio.toFixed(3),
  );
  console.log(
    `this build takes ${middle} times as long (half of the rounds between ${low} and ${high}) and computes ` +
      `${(computed.newer / computed.older).toFixed(3)} times as much; target: at most ${target}`,
  );
}

/** A run with one local worker that stands still but for its rounds. */
class FrozenRun {
  readonly folder: string;
  readonly #coordinator: ChildProcess;
  readonly #url: string;

  private constructor(folder: string, coordinator: ChildProcess, url: string) {
    this.folder = folder;
    this.#coordinator = coordinator;
    this.#url = url;
  }

  static async start(build: string, folder: string): Promise<FrozenRun> {
    const program = join(build, 'dist/coordinator/command_line/main.js');
    if (!existsSync(program)) throw new Error(`${build}: no build of gradswarm there: run \`npm run build\` in it`);
    const flags = ['--workers', '1', '--no-own-share', '--port', '0', '--run', folder];
    const child = spawn(process.execPath, [program, 'train', 'mnist-mlp', ...endless, ...flags], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [port] = await Promise.all([
      lineLike(child, /listening on ws:\/\/127\.0\.0\.1:(\d+)/),
      lineLike(child, /worker (\w+) joined/),
    ]);
    const run = new FrozenRun(folder, child, `http://127.0.0.1:${port}/status`);
    run.#signal('SIGSTOP');
    return run;
  }

  /** Milliseconds a step, over one round. */
  round(): Promise<number> {
    return this.#awake(() => stepTime(() => this.#status(), settleTime, roundTime));
  }

  mark(): Promise<Mark> {
    return this.#awake(async () => ({
      step: (await this.#status()).step,
      computed: await computedTime(this.#coordinator.pid ?? Number.NaN),
    }));
  }

  async #awake<Result>(act: () => Promise<Result>): Promise<Result> {
    this.#signal('SIGCONT');
    const result = await act();
    this.#signal('SIGSTOP');
    return result;
  }

  async #status(): Promise<{ readonly step: number }> {
    return (await (await fetch(this.#url)).json()) as { readonly step: number };
  }

  async stop(): Promise<void> {
    this.#signal('SIGCONT');
    this.#coordinator.kill('SIGINT');
    await once(this.#coordinator, 'close');
  }

  /** The local workers are a process group of their own. */
  #signal(name: NodeJS.Signals): void {
    const { pid } = this.#coordinator;
    if (pid === undefined) return;
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    for (const group of children) if (group !== '') process.kill(-Number(group), name);
    process.kill(pid, name);
  }
}

/** What the pattern's group is in the first line that has it. @throws {Error} if the process ends without. */
function lineLike({ stdout }: ChildProcess, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    if (stdout === null) throw new Error('the coordinator has no output');
    createInterface({ input: stdout })
      .on('line', (line) => {
        const found = pattern.exec(line)?.[1];
        if (found !== undefined) resolve(found);
      })
      .on('close', () => reject(new Error(`the coordinator ended without a line like ${pattern}`)));
  });
}
