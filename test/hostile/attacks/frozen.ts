// Those who fetch a job's frozen weights over and over, leave in the middle, never read them, or claim to have them.

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { decodeAssignedJob } from '../../../shared/protocol/assigned_job.ts';
import type { Attack, Control, Target } from '../attack.ts';
import { addressOf, attacker } from '../attacker/raw_connection.ts';
import { RogueWorker } from '../attacker/rogue_worker.ts';
import { stepsPass } from '../attacker/steps.ts';

/** 1.3 MB of frozen weights, beside 4,010 that are trained. */
const job = [
  '--set',
  'model={"layers":[{"type":"dense","units":400},{"type":"relu"},{"type":"dense","units":10}]}',
  '--set',
  'freeze=["dense1.*"]',
];

const frozenBytes = 4 * 785 * 400;

const times = <Made>(count: number, make: (index: number) => Made): readonly Made[] =>
  Array.from({ length: count }, (_, index) => make(index));

/** Says that it holds weights of a digest that there is none of. Resolves when the real ones are on their way. */
async function fetch(target: Target, control: Control, from: string): Promise<RogueWorker> {
  const worker = await RogueWorker.open(target, control, from);
  const holds = createHash('sha256').update(`${from} ${control.strike}`).digest('hex');
  await worker.greet(target, holds);
  return worker;
}

async function leaveInTheMiddle(target: Target, control: Control, from: string): Promise<string> {
  try {
    using worker = await fetch(target, control, from);
    const { socket } = worker;
    const half = socket.bytesRead + frozenBytes / 2;
    while (!worker.isClosed && socket.bytesRead < half) await Promise.race([once(socket, 'data'), worker.closed]);
    socket.resetAndDestroy();
    return 'left';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const leftOrRefused = /^(left|closed 4429|HTTP (429|503)|cut)(, (left|closed 4429|HTTP (429|503)|cut))*$/;

export const frozen: readonly Attack[] = [
  {
    name: 'frozen weights by wrong digests, left in the middle, by 20 from 20 addresses',
    line: 'frozen',
    needs: 'worker token',
    job,
    memoryBound: 20 * frozenBytes, // Less than a copy each.
    told: leftOrRefused,
    async run(target, control) {
      const ends = times(20, (machine) => leaveInTheMiddle(target, control, addressOf(machine)));
      return [...new Set(await Promise.all(ends))].sort().join(', ');
    },
  },
  {
    name: 'frozen weights that nobody reads, by 40 from 40 addresses',
    line: 'frozen',
    needs: 'worker token',
    job,
    memoryBound: 40 * frozenBytes,
    told: /^(kept|refused)$/,
    async run(target, control) {
      const crowd = await Promise.allSettled(
        times(40, async (machine) => {
          const worker = await fetch(target, control, addressOf(machine));
          worker.socket.pause();
          return worker;
        }),
      );
      await stepsPass(target, control, 20);
      const joined = crowd.filter((one) => one.status === 'fulfilled');
      for (const { value } of joined) value.leave();
      return joined.length > 0 ? 'kept' : 'refused';
    },
  },
  {
    name: 'answers by one who claims to hold the frozen weights',
    line: 'frozen',
    needs: 'worker token',
    job,
    told: /^closed 4400$/,
    async run(target, control) {
      const digest = await frozenDigest(target, control);
      using worker = await RogueWorker.join(target, control, attacker.address, digest);
      return await worker.lie((answer) => answer);
    },
  },
];

/** The digest of the weights that a worker must fetch. */
async function frozenDigest(target: Target, control: Control): Promise<string | undefined> {
  using worker = await RogueWorker.open(target, control);
  const { payload } = await worker.greet(target);
  return decodeAssignedJob(payload).frozen;
}
