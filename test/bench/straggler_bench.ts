// What a slow worker costs the others, with real processes: steps of seven workers beside steps of the same seven and an
// eighth that gets a tenth of its time.

import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { threeDigits } from '../../coordinator/command_line/table.ts';
import { startCoordinator, startWorker, temporaryFolder } from '../system/processes.ts';
import { stepTime } from './step_time.ts';
import { median } from './timing.ts';

/** 64 microbatches a step, eight for each worker. */
const job = ['mnist-mlp', '--set', 'batchSize=1600', '--set', 'steps=1000000'];

const rounds = 7;
/** Milliseconds: of a round, of the time before it that does not count, and of a throttled worker's turns. */
const roundTime = 4_000;
const settleTime = 1_500;
const [runTime, stopTime] = [10, 90];

export async function benchStraggler(): Promise<void> {
  await using folder = await temporaryFolder();
  const { command, url, status } = await startCoordinator(...job, '--no-own-share', '--run', join(folder.path, 'run'));
  const seven = Array.from({ length: 7 }, () => startWorker(url));
  const round = () => stepTime(status, settleTime, roundTime);
  const ratios: number[] = [];
  const times: { readonly without: number; readonly withSlow: number }[] = [];
  try {
    await wait(3_000);
    for (let done = 0; done < rounds; done++) {
      const without = await round();
      const slow = throttledWorker(url);
      await wait(8_000); // throttled, it takes ten times as long to start
      const withSlow = await round();
      await slow.kill();
      times.push({ without, withSlow });
      ratios.push(withSlow / without);
    }
  } finally {
    command.signal('SIGKILL');
    await Promise.all(seven.map((worker) => worker.kill()));
  }
  console.log('\nOne of eight workers gets a tenth of its time (limit 1.25 of a step of the other seven)');
  console.log(
    `seven: ${threeDigits(median(times.map(({ without }) => without)))} ms a step; with the slow one: ` +
      `${threeDigits(median(times.map(({ withSlow }) => withSlow)))} ms; ratio ${threeDigits(median(ratios))}, ` +
      `rounds ${ratios.map(threeDigits).join(', ')}`,
  );
}

function throttledWorker(url: string) {
  const worker = startWorker(url);
  const control = new AbortController();
  const throttling = (async () => {
    while (!control.signal.aborted) {
      await wait(runTime);
      worker.freeze();
      await wait(stopTime);
      worker.thaw();
    }
  })();
  return {
    async kill(): Promise<void> {
      control.abort();
      await throttling;
      await worker.kill();
    },
  };
}
