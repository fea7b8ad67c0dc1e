// What two hundred watchers of the dashboard cost the training: steps with and without them, in rounds that alternate.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { threeDigits } from '../../coordinator/command_line/table.ts';
import { startCoordinator, startWorker, temporaryFolder } from '../system/processes.ts';
import { stepTime } from './step_time.ts';
import { median } from './timing.ts';

const watchers = 200;
const rounds = 9;
const roundTime = 3_000;
const settleTime = 500;

export async function benchWatchers(): Promise<void> {
  await using folder = await temporaryFolder();
  const { command, url, status } = await startCoordinator(
    ...['mnist-mlp', '--epochs', '1000', '--run', join(folder.path, 'run')],
    // They all come from one address, again and again.
    ...['--max-openings-per-address', '1000'],
  );
  const workers = [startWorker(url), startWorker(url)];
  const round = () => stepTime(status, settleTime, roundTime);
  const times: { readonly without: number; readonly watched: number }[] = [];
  try {
    await wait(4_000);
    for (let done = 0; done < rounds; done++) {
      const without = await round();
      const crowd = fork(fileURLToPath(new URL('watchers_crowd.js', import.meta.url)), [url, String(watchers)]);
      await once(crowd, 'message');
      times.push({ without, watched: await round() });
      crowd.kill('SIGKILL');
      await once(crowd, 'exit');
    }
  } finally {
    command.signal('SIGKILL');
    await Promise.all(workers.map((worker) => worker.kill()));
  }
  const slowdown = median(times.map(({ without, watched }) => watched / without));
  console.log(`\n${watchers} watchers and two workers, mnist-mlp (limit 1.10)`);
  console.log(
    `unwatched ${threeDigits(median(times.map(({ without }) => without)))} ms a step, ` +
      `watched ${threeDigits(median(times.map(({ watched }) => watched)))} ms; ratio ${threeDigits(slowdown)}`,
  );
}
