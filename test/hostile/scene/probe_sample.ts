// What the probe in a coordinator's process measures.

import { existsSync, readFileSync } from 'node:fs';

/** Names the file that the probe writes to. */
export const probeVariable = 'GRADSWARM_PROBE';

/** A fifth of a second. */
export interface ProbeSample {
  /** Milliseconds since the epoch of the system's clock. */
  readonly at: number;
  /** Resident memory, in bytes. */
  readonly memory: number;
  /** Milliseconds that the main thread has computed since its start. */
  readonly own: number;
  /** Longest turn of the event loop, in milliseconds of the main thread's own computing. */
  readonly stall: number;
  /** The same in milliseconds of the clock, which other processes lengthen. */
  readonly delay: number;
}

/** All samples so far. */
export function readSamples(file: string): readonly ProbeSample[] {
  if (!existsSync(file)) return [];
  // The last line may be half written.
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as ProbeSample);
}
