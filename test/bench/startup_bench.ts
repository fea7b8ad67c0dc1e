// `npm run bench -- startup`: from the command to a run's first step, in rounds that alternate with Node doing nothing.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { formatTable, threeDigits } from '../../coordinator/command_line/table.ts';
import { builtScript, root } from './places.ts';
import { median } from './timing.ts';

const rounds = 7;

/** Milliseconds from the command to the first step that are asked for at most. */
const target = 1_500;

/** Milliseconds between two looks at how far a run is. */
const lookInterval = 4;

const main = builtScript('../../coordinator/command_line/main.js');

/** Ways to begin the default job; the flags of the run come behind. */
const commands: Readonly<Record<string, readonly [string, ...string[]]>> = {
  'node main.js train mnist-mlp': [process.execPath, main, 'train', 'mnist-mlp'],
  'npm start': ['npm', 'start', '--'],
  'npx gradswarm train mnist-mlp': ['npx', 'gradswarm', 'train', 'mnist-mlp'],
};

interface Start {
  readonly listening: number;
  readonly firstStep: number;
}

export async function benchStartup(): Promise<void> {
  const idle: number[] = [];
  const version: number[] = [];
  const starts = Object.fromEntries(Object.keys(commands).map((name) => [name, [] as Start[]]));
  for (let round = 0; round < rounds; round++) {
    idle.push(timeWhole(['-e', '0']));
    version.push(timeWhole([main, '--version']));
    for (const [name, command] of Object.entries(commands)) starts[name]?.push(await timeStart(command));
  }
  console.log(`\nFrom the command on, ms, medians of ${rounds} alternating rounds`);
  const of = (figures: readonly number[]) => threeDigits(median(figures));
  const rows = Object.entries(starts).map(([name, figures]) => [
    name,
    of(figures.map(({ listening }) => listening)),
    of(figures.map(({ firstStep }) => firstStep)),
  ]);
  console.log(formatTable(['', 'listening', 'first step'], rows));
  console.log(`Node that does nothing ${of(idle)}, the command line that tells its version ${of(version)}`);
  console.log(`target: at most ${target} to the first step`);
}

/** Milliseconds that a Node process lives. */
function timeWhole(words: readonly string[]): number {
  const start = performance.now();
  spawnSync(process.execPath, words);
  return performance.now() - start;
}

async function timeStart([program, ...words]: readonly [string, ...string[]]): Promise<Start> {
  const folder = await mkdtemp(join(tmpdir(), 'gradswarm-startup-'));
  const start = performance.now();
  const child = spawn(program, [...words, '--run', join(folder, 'run')], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  try {
    const address = await listeningAddress(child);
    const listening = performance.now() - start;
    while ((await stepOf(address)) === 0) await wait(lookInterval);
    return { listening, firstStep: performance.now() - start };
  } finally {
    await kill(child);
    await rm(folder, { recursive: true, force: true });
  }
}

async function listeningAddress({ stdout }: ChildProcess): Promise<string> {
  if (stdout === null) throw new TypeError('its output is not read');
  for await (const line of createInterface({ input: stdout })) {
    const [, address] = /^listening on ws:\/\/(\S+)$/.exec(line) ?? [];
    if (address !== undefined) return address;
  }
  throw new Error('the run ended before it listened');
}

async function stepOf(address: string): Promise<number> {
  const response = await fetch(`http://${address}/status`);
  const { step } = (await response.json()) as { readonly step?: number };
  return step ?? 0;
}

/** The whole group: npm's processes too. Local workers end when the channel to theirs closes. */
async function kill(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null) return;
  const closed = once(child, 'close');
  process.kill(-child.pid, 'SIGKILL');
  await closed;
}
