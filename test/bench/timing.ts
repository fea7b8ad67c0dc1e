// How the benchmarks time: warm up once, then rounds of a fixed length; what is quoted is the median round.

export interface Timing {
  /** Of the rounds. */
  readonly median: number;
  readonly least: number;
  readonly greatest: number;
}

export function summarize(rounds: readonly number[]): Timing {
  const sorted = [...rounds].sort((one, other) => one - other);
  const [least = Number.NaN] = sorted;
  return { median: median(sorted), least, greatest: sorted.at(-1) ?? Number.NaN };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

const blockLength = 50;

/** Means of consecutive blocks, so that a median over them still counts what happens only now and then, as collecting garbage. */
export function blockMeans(durations: readonly number[]): readonly number[] {
  const blocks = Math.max(1, Math.floor(durations.length / blockLength));
  return Array.from({ length: blocks }, (_, block) => {
    const members = durations.slice(block * blockLength, (block + 1) * blockLength);
    return members.reduce((sum, duration) => sum + duration, 0) / members.length;
  });
}

/** Milliseconds a call, over calls that last at least that many seconds together. */
export function timeFor(seconds: number, call: () => void): number {
  const start = performance.now();
  for (let calls = 1; ; calls++) {
    call();
    const elapsed = performance.now() - start;
    if (elapsed >= 1000 * seconds) return elapsed / calls;
  }
}
