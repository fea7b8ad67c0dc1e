// The flag `--threads`: how many threads compute together.

import { Option } from 'commander';
import { availableThreads } from './cpu_quota.ts';
import { integer } from './flags.ts';

/** `auto`: as many as there are processors for. */
export type ThreadCount = number | 'auto';

/** More than a machine has cores only slows it down, which is nobody's mistake to forbid. */
const maximumThreads = 1024;

export function threadsOption(description: string): Option {
  const parse = integer(1, maximumThreads);
  return new Option('--threads <n>', description)
    .argParser((text): ThreadCount => (text === 'auto' ? text : parse(text)))
    .default('auto', `auto: ${availableThreads()} here, the processors that this process may use`);
}

/** How many threads each of so many processes is to have. */
export function threadsOf(threads: ThreadCount, processes = 1): number {
  return threads === 'auto' ? Math.max(1, Math.floor(availableThreads() / processes)) : threads;
}
