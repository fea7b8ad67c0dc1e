// What an attack may do to a run, and what it did: pure.

import type { StepRecord } from '../../../coordinator/records/ledger.ts';
import type { Attack } from '../attack.ts';
import type { Measurement } from './measurement.ts';
import type { SceneEnd } from './scene.ts';

/** Least rate of steps, in that of undisturbed stretches. */
export const leastRate = 0.8;

/** Most memory that all strangers together may cost, in bytes. */
export const mostMemory = 256e6;

/** Longest turn of the event loop in milliseconds of the coordinator's own computing. */
export const longestStall = 100;

/** What counts in the short form and in the long one. */
export interface Outcome {
  readonly told: Iterable<string>;
  readonly forgedLines: readonly string[];
  readonly disturbances: readonly string[];
}

/** What is told to whoever comes again too soon after it was closed for what it did, or too often. */
export const heldOff = /^(closed 4429|HTTP (429|503))$/;

/** What went wrong, a few words each; nothing if the border held. */
export function outcomeFaults(
  { told: expected }: Attack,
  { told, forgedLines, disturbances }: Outcome,
): readonly string[] {
  const answers = [...told];
  const isRight = (answer: string) => expected.test(answer);
  const wasRight = answers.some(isRight);
  const isTooSoon = (answer: string) => answer.split(', ').every((part) => isRight(part) || heldOff.test(part));
  const wrong = answers.filter((answer) => !isRight(answer) && !(wasRight && isTooSoon(answer)));
  return [
    ...wrong.map((answer) => `told ${JSON.stringify(answer)}`),
    ...forgedLines.map((line) => `forged line ${JSON.stringify(line)}`),
    ...disturbances.map((line) => `honest worker disturbed: ${line}`),
  ];
}

/** @param right SHA-256 of the parameters after each step */
export function endFaults({ finished, steps, lines }: SceneEnd, right: readonly string[]): readonly string[] {
  const wrong = steps.find(({ parameters }, index) => parameters !== right[index]);
  return [
    ...(finished.code === 130 ? [] : [`exit code ${finished.code}: ${finished.errors.split('\n')[0]}`]),
    ...(wrong === undefined
      ? []
      : [`other bits than the reference from step ${wrong.step} on`, ...traces(wrong, lines)]),
  ];
}

/** Who made a step, and what was said of them. */
function traces({ contributions }: StepRecord, lines: readonly string[]): readonly string[] {
  const workers = [...new Set(contributions.map(([worker]) => worker))];
  const parts = contributions.map(
    ([worker, first, count]) => `microbatches ${first} to ${first + count - 1}: ${worker}`,
  );
  return [...parts, ...lines.filter((line) => workers.some((worker) => line.includes(worker)))];
}

export function costFaults(
  { memoryBound = mostMemory }: Attack,
  { rate, memory, stall }: Measurement,
): readonly string[] {
  const cost = memory.most - memory.before;
  return [
    ...(rate >= leastRate ? [] : [`rate ${rate.toFixed(2)} < ${leastRate}`]),
    ...(cost <= memoryBound ? [] : [`memory +${megabytes(cost)} MB > ${megabytes(memoryBound)}`]),
    ...(stall.attacked <= longestStall ? [] : [`stall ${stall.attacked.toFixed(0)} ms > ${longestStall}`]),
  ];
}

export function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
