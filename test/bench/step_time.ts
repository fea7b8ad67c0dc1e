// The time of a step of a run that is at work, by what its coordinator says.

import { setTimeout as wait } from 'node:timers/promises';

type Status = () => Promise<{ readonly step: number } | undefined>;

/** Milliseconds a step over so much time, after some that does not count. */
export async function stepTime(status: Status, settleTime: number, roundTime: number): Promise<number> {
  await wait(settleTime);
  const [before, start] = [await status(), performance.now()];
  await wait(roundTime);
  const [after, end] = [await status(), performance.now()];
  if (before === undefined || after === undefined) throw new Error('the coordinator is gone');
  return (end - start) / (after.step - before.step);
}
