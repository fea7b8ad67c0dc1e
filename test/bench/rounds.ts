// A contestant's half of a benchmark: a process that warms up and then times one round whenever it is asked, so that
// rounds of several contestants can alternate. Lines of JSON over stdin and stdout; peers/pytorch.py is its twin.

import { createInterface } from 'node:readline';

/** What a contestant writes: once when it is warm, then after each round. */
export type RoundMessage =
  | { readonly type: 'ready' }
  | { readonly type: 'round'; readonly milliseconds: number; readonly loss: number };

/** One training step on mini-batch `index`, counted on and on; returns the loss. */
export type Step = (index: number) => number | Promise<number>;

const warmUpSeconds = 0.6;

/** JIT compilers see a step at least this many times before it counts. */
const warmUpSteps = 3;

/** Serves until stdin ends; each line asks for a round of that many seconds. */
export async function serveRounds(step: Step): Promise<void> {
  let index = 0;
  let loss = Number.NaN;
  const round = async (seconds: number, steps: number): Promise<number> => {
    const start = performance.now();
    for (let done = 1; ; done++) {
      const result = step(index);
      loss = typeof result === 'number' ? result : await result;
      index += 1;
      const elapsed = performance.now() - start;
      if (elapsed >= 1000 * seconds && done >= steps) return elapsed / done;
    }
  };
  await round(warmUpSeconds, warmUpSteps);
  tell({ type: 'ready' });
  for await (const line of createInterface({ input: process.stdin })) {
    tell({ type: 'round', milliseconds: await round(Number(line), 1), loss });
  }
  // Some peers keep threads or timers that would hold the process.
  process.exit();
}

function tell(message: RoundMessage): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}
