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

/** Milliseconds a call, over calls that last at least that many seconds together. */
export function timeFor(seconds: number, call: () => void): number {
  const start = performance.now();
  for (let calls = 1; ; calls++) {
    call();
    const elapsed = performance.now() - start;
    if (elapsed >= 1000 * seconds) return elapsed / calls;
  }
}
