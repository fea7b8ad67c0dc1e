// The long fuzz: frames, requests and what a worker hears, each its share of the inputs.

import '../../relaxed_simd.ts';
import { fuzzConversation } from '../conversation_fuzz.ts';
import { type FuzzOptions, fuzzCoordinator } from './coordinator_fuzz.ts';
import { fuzzHttp } from './http_fuzz.ts';
import { FuzzFailure } from './watch.ts';

interface Fuzz {
  readonly name: string;
  /** Of all inputs: a request over a socket takes as long as thirty frames. */
  readonly share: number;
  readonly run: (options: FuzzOptions) => Promise<unknown>;
}

const fuzzes: readonly Fuzz[] = [
  { name: 'frames to the coordinator', share: 0.57, run: fuzzCoordinator },
  { name: 'frames to a worker', share: 0.4, run: ({ seed, inputs }) => fuzzConversation({ seed, inputs }) },
  { name: 'requests to the coordinator', share: 0.03, run: fuzzHttp },
];

/** Milliseconds between two lines. */
const sayInterval = 10_000;

/** Prints what happens; false if an input did what none may do. */
export async function fuzzAll({ seed, inputs }: Pick<FuzzOptions, 'seed' | 'inputs'>): Promise<boolean> {
  for (const { name, share, run } of fuzzes) {
    const start = performance.now();
    const own = Math.ceil(share * inputs);
    let said = start;
    const onProgress = (done: number, words: string) => {
      if (performance.now() - said < sayInterval) return;
      said = performance.now();
      console.log(`${name}: ${done} of ${own} ${words}`);
    };
    try {
      await run({ seed, inputs: own, onProgress });
    } catch (error) {
      if (!(error instanceof FuzzFailure)) throw error;
      console.error(`${name}: ${error.message}`);
      return false;
    }
    console.log(`${name}: ${own} inputs, nothing thrown, slow or left behind (${seconds(start)} s)`);
  }
  return true;
}

function seconds(start: number): string {
  return ((performance.now() - start) / 1_000).toFixed(0);
}
