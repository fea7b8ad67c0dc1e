// What the run does meanwhile, as anybody who may watch can see.

import { setTimeout as wait } from 'node:timers/promises';
import type { Control, Target } from '../attack.ts';

/** Steps done. @throws {Error} naming the status of a refusal. */
export async function stepOf({ host, port, workerToken }: Target, { signal }: Control): Promise<number> {
  const headers = { authorization: `Bearer ${workerToken}` };
  const response = await fetch(`http://${host}:${port}/status`, { headers, signal });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return ((await response.json()) as { step: number }).step;
}

/** Resolves when the run has done so many steps more. */
export async function stepsPass(target: Target, control: Control, steps: number): Promise<void> {
  const last = (await stepOf(target, control)) + steps;
  while ((await stepOf(target, control)) < last) await wait(20, undefined, { signal: control.signal });
}
