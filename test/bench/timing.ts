// How the benchmarks time: warm up, then rounds of a fixed length; what is quoted is the median round.

export interface Timing {
  /** Milliseconds a call, median, least and greatest of the rounds. */
  readonly median: number;
  readonly least: number;
  readonly greatest: number;
}

export interface TimingOptions {
  readonly warmUpSeconds: number;
  readonly roundSeconds: number;
  readonly rounds: number;
}

export const defaultTiming: TimingOptions = { warmUpSeconds: 0.6, roundSeconds: 0.3, rounds: 7 };

export function time(call: (index: number) => void, options: TimingOptions = defaultTiming): Timing {
  let index = 0;
  const runFor = (seconds: number): number => {
    const start = performance.now();
    let calls = 0;
    let elapsed = 0;
    do {
      call(index);
      index += 1;
      calls += 1;
      elapsed = performance.now() - start;
    } while (elapsed < 1000 * seconds);
    return elapsed / calls;
  };
  runFor(options.warmUpSeconds);
  return summarize(Array.from({ length: options.rounds }, () => runFor(options.roundSeconds)));
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
