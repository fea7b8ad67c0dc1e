// Attackers are on other machines: where there is more than one core they get one of their own, so that their computing
// is not taken for harm that they do.

import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { processTree } from '../process_tree.ts';

const cores = availableParallelism();

/**
 * Gives an attacker the last core, and those that it attacks, with all that they have started, the others; does nothing
 * where that cannot be.
 */
export async function pinApart(attacked: readonly number[], attacker: number | undefined): Promise<void> {
  if (cores < 2 || attacker === undefined) return;
  const trees = await Promise.all(attacked.map(processTree));
  for (const pid of trees.flat()) pin(pid, cores === 2 ? '0' : `0-${cores - 2}`);
  pin(attacker, String(cores - 1));
}

function pin(pid: number, list: string): void {
  spawnSync('taskset', ['--all-tasks', '--cpu-list', '--pid', list, String(pid)]);
}
