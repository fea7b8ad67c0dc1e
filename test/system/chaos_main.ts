// `npm run chaos [-- --seed S]`: mnist-mlp under constant fire, three epochs and more; prints what it did, and whether the bits
// are those of an undisturbed run.

import { parseArgs } from 'node:util';
import { runChaos } from './chaos.ts';
import { run, temporaryFolder } from './processes.ts';

const { values } = parseArgs({ options: { seed: { type: 'string' } } });
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
if (!Number.isSafeInteger(seed)) {
  console.error('usage: npm run chaos [-- --seed S], S a whole number');
  process.exit(2);
}

await using folder = await temporaryFolder();
console.log(`chaos with seed ${seed}`);
const report = await runChaos({
  job: ['mnist-mlp'],
  steps: 1800,
  workers: 4,
  interval: 500,
  blows: 5,
  coordinatorKills: 5,
  checkpointSteps: 50,
  seed,
  folder: folder.path,
  print: (line) => console.log(line),
});
const { digest, reference, killed, frozen, coordinatorKills } = report;
console.log(`${killed} workers killed, ${frozen} frozen; the coordinator killed and resumed ${coordinatorKills} times`);
console.log(`parameters SHA-256 ${digest}: ${digest === reference ? 'the same bits' : `NOT ${reference}`}`);
const replayed = await run('replay', report.runFolder);
console.log(replayed.output);
if (digest !== reference || replayed.code !== 0) process.exitCode = 1;
