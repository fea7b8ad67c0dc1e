// `npm run hostile [-- --attack NAME] [--seconds N] [--list]`: the long form. Each attack beside a run of its own, with
// what it costs measured and judged; ends with a non-zero exit code if one was not withstood. `-- --fuzz [--inputs N]
// [--seed S]`: the fuzz instead.

import { parseArgs } from 'node:util';
import { temporaryFolder } from '../system/processes.ts';
import { type Attack, attackedJob } from './attack.ts';
import { fuzzAll } from './fuzz/fuzz_all.ts';
import { attacks } from './registry.ts';
import { Attacker } from './scene/attacker.ts';
import { type Measurement, measure } from './scene/measurement.ts';
import { pinApart } from './scene/pinning.ts';
import { referenceOf } from './scene/references.ts';
import { Scene } from './scene/scene.ts';
import { costFaults, endFaults, leastRate, megabytes, outcomeFaults } from './scene/verdict.ts';

const { values } = parseArgs({
  options: {
    attack: { type: 'string', multiple: true },
    seconds: { type: 'string', default: '20' },
    list: { type: 'boolean', default: false },
    fuzz: { type: 'boolean', default: false },
    inputs: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
  },
});

const seconds = Number(values.seconds);
const wanted = values.attack ?? [''];
const chosen = attacks.filter(({ name }) => wanted.some((part) => name.includes(part)));

if (!(seconds > 0) || chosen.length === 0) {
  console.error(
    'usage: npm run hostile -- [--attack PART_OF_A_NAME]... [--seconds N] [--list]\n       npm run hostile -- --fuzz [--inputs N] [--seed S]',
  );
  process.exit(2);
}
if (values.list) {
  for (const { name, line } of chosen) console.log(`${String(line).padEnd(16)}${name}`);
  process.exit();
}

/**
 * A rate below the bound is measured once more, in stretches so many times as long: what an attack begins with comes at once
 * in each of them, and counts for less in one that lasts as an attacker would.
 */
const secondLook = 4;

/** 80 columns. */
const row = (name: string, ...cells: readonly string[]) =>
  `${name.slice(0, 44).padEnd(44)}${cells.map((cell) => cell.padStart(9)).join('')}`;

function measuredRow({ name }: Attack, { told, rate, memory, stall }: Measurement): string {
  const strikes = [...told.values()].reduce((sum, count) => sum + count, 0);
  return row(name, String(strikes), rate.toFixed(2), megabytes(memory.most), stall.attacked.toFixed(0));
}

async function withstand(attack: Attack): Promise<readonly string[]> {
  const job = [...attackedJob, ...(attack.job ?? [])];
  await using folder = await temporaryFolder();
  await using scene = await Scene.open({ job, flags: attack.flags ?? [], folder: folder.path });
  await using attacker = new Attacker();
  await pinApart(scene.pids, attacker.pid);
  const ended = scene.command.finished.then(({ errors }) => {
    throw new Error(`the coordinator ended: ${errors.split('\n').find((line) => /Error/.test(line)) ?? errors}`);
  });
  ended.catch(() => undefined);
  let measurement: Measurement;
  try {
    const look = (length: number) => Promise.race([measure(scene, attacker, attack, length), ended]);
    measurement = await look(seconds);
    if (measurement.rate < leastRate) {
      console.log(measuredRow(attack, measurement));
      measurement = await look(secondLook * seconds);
    }
  } catch (error) {
    console.log(row(attack.name, 'ended'));
    return [error instanceof Error ? error.message : String(error)];
  }
  const { told } = measurement;
  console.log(measuredRow(attack, measurement));
  const { forgedLines, disturbances } = scene;
  const end = await scene.end();
  return [
    ...outcomeFaults(attack, { told: told.keys(), forgedLines, disturbances }),
    ...costFaults(attack, measurement),
    ...endFaults(end, await referenceOf(job).digests(end.steps.length)),
  ];
}

if (values.fuzz) {
  const isSound = await fuzzAll({ seed: Number(values.seed), inputs: Number(values.inputs) });
  process.exit(isSound ? 0 : 1);
}

console.log(row('attack', 'strikes', 'rate', 'MB', 'stall ms'));
let failed = 0;
for (const attack of chosen) {
  const faults = await withstand(attack);
  for (const fault of faults) console.log(`  ${fault}`);
  if (faults.length > 0) failed += 1;
}
console.log(`${chosen.length - failed} of ${chosen.length} attacks withstood`);
process.exitCode = failed === 0 ? 0 : 1;
