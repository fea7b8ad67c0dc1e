// Loaded into a coordinator's process before all else (`node --import`): measures its memory, its processor time and how
// long its event loop turned without looking up, and appends what it finds to a file, a line at a time.

import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { type ProbeSample, probeVariable } from './probe_sample.ts';

/** Milliseconds between two looks, and between two lines. */
const lookInterval = 10;
const lineInterval = 200;

/** Of the main thread, in the unit of `ownTime`; other threads of the process hold nobody up. */
const schedule = '/proc/self/schedstat';
const hasSchedule = existsSync(schedule);

/** Milliseconds that the main thread (or, on other systems, the process) has computed. */
function ownTime(): number {
  if (hasSchedule) return Number(readFileSync(schedule, 'latin1').split(' ', 1)[0]) / 1e6;
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e3;
}

const file = process.env[probeVariable];
if (file !== undefined) {
  let [lookedAt, own, saidAt] = [performance.now(), ownTime(), performance.now()];
  let [stall, delay] = [0, 0];
  const look = () => {
    const [now, ownNow] = [performance.now(), ownTime()];
    // Between two looks lies one turn of the loop: what it computed there, it computed in one piece.
    stall = Math.max(stall, Math.min(ownNow - own, now - lookedAt));
    delay = Math.max(delay, now - lookedAt - lookInterval);
    [lookedAt, own] = [now, ownNow];
    if (now - saidAt < lineInterval) return;
    const sample: ProbeSample = { at: Date.now(), memory: process.memoryUsage.rss(), own: ownNow, stall, delay };
    appendFileSync(file, `${JSON.stringify(sample)}\n`);
    [saidAt, stall, delay] = [now, 0, 0];
  };
  setInterval(look, lookInterval).unref();
}
