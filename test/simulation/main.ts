// `npm run simulate -- --seeds N`: many simulated runs, each of another seed. `--seed S` replays one.

import { parseArgs } from 'node:util';
import { SimulatedJob } from './simulated_job.ts';
import { simulate } from './simulation.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '2000' },
    first: { type: 'string', default: '1' },
    seed: { type: 'string' },
  },
});
const first = Number(values.seed ?? values.first);
const seeds = values.seed === undefined ? Number(values.seeds) : 1;
if (!Number.isInteger(first) || !Number.isInteger(seeds) || seeds < 1) {
  console.error('usage: npm run simulate -- [--seeds N] [--first S] | --seed S');
  process.exit(2);
}

const job = await SimulatedJob.load();
const faults = new Map<string, number>();
const total = { lent: 0, late: 0, shadows: 0, confirmations: 0, replacements: 0, workers: 0, events: 0, hours: 0 };
const start = performance.now();
let said = start;
for (let seed = first; seed < first + seeds; seed++) {
  try {
    const { faults: fired, statistics, workers, events, duration } = await simulate({ seed, job });
    for (const [fault, count] of fired) faults.set(fault, (faults.get(fault) ?? 0) + count);
    for (const name of ['lent', 'late', 'shadows', 'confirmations', 'replacements'] as const) {
      total[name] += statistics[name];
    }
    total.workers += workers;
    total.events += events;
    total.hours += duration / 3_600_000;
  } catch (error) {
    console.error(error);
    console.error(`replay it with: npm run simulate -- --seed ${seed}`);
    process.exit(1);
  }
  if (performance.now() - said < 10_000) continue;
  said = performance.now();
  console.log(`seed ${seed}: ${seed - first + 1} of ${seeds} runs ended with the reference's bits`);
}
const seconds = ((performance.now() - start) / 1000).toFixed(1);
console.log(`${seeds} runs ended with the reference's bits, every rule kept at every event (${seconds} s)`);
console.log(`${total.events} events, ${total.workers} workers, ${total.hours.toFixed(1)} virtual hours`);
console.log(
  `${total.lent} leases: ${total.late} late, ${total.shadows} shadows; ${total.confirmations} confirmations, ${total.replacements} replaced parts`,
);
console.log(
  [...faults]
    .sort()
    .map(([fault, count]) => `${fault} ${count}`)
    .join(', '),
);
