// What no input may do: throw, take long, or leave something behind.

import { Session } from 'node:inspector';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Most processor time that one call may take, in milliseconds. */
export const longestCall = 50;

/** Most that the heap may have grown over all inputs, in bytes, garbage collected. */
export const mostGrowth = 8e6;

/** An input that did what none may do, and how to see it again. */
export class FuzzFailure extends Error {
  constructor(
    what: string,
    { seed, input, bytes }: { readonly seed: number; readonly input: number; readonly bytes?: Uint8Array },
  ) {
    const hex = bytes === undefined ? '' : `: ${Buffer.from(bytes).toString('hex').slice(0, 4_000)}`;
    super(`seed ${seed}, input ${input}: ${what}${hex}`);
    this.name = 'FuzzFailure';
  }
}

/** Processor time of this process in milliseconds. */
function computed(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e3;
}

/**
 * Milliseconds of processor time that a call takes. The collector of garbage and the compiler work beside it now and
 * then: a call is slow only if it is slow again, so that is for the caller to find out.
 */
export function timeOf(call: () => void): number {
  const before = computed();
  call();
  return computed() - before;
}

/** Collections, between which what is still under way comes to its end. */
const collections = 4;

/** The heap's size with all garbage collected. */
export async function heapAfterCollection(): Promise<number> {
  const session = new Session();
  session.connect();
  session.post('HeapProfiler.enable');
  let least = Number.POSITIVE_INFINITY;
  for (let collection = 0; collection < collections; collection++) {
    await nextTurn();
    session.post('HeapProfiler.collectGarbage');
    least = Math.min(least, process.memoryUsage().heapUsed);
  }
  session.disconnect();
  return least;
}
