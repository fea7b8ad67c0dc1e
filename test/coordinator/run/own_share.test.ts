import { describe, expect, it } from 'vitest';
import { prepareJob } from '../../../coordinator/computation/prepared_job.ts';
import { OwnShare, type OwnShareMode } from '../../../coordinator/run/own_share.ts';
import type { LeaseId } from '../../../coordinator/training/lease_book.ts';
import type { LeasedWork, TrainerContribution } from '../../../coordinator/training/trainer.ts';
import { tinyDataSet, tinyJob } from '../tiny_job.ts';

const lease = 7 as LeaseId;
const work: LeasedWork = { purpose: 'training', step: 0, shard: { first: 1, count: 1 } };

/** An own share whose turns come when the test says, each computation taking `computation` milliseconds. */
async function scripted({ mode = 'beside workers' as OwnShareMode, computation = 1 } = {}) {
  const world = { now: 0, isSending: false, isCurrent: true };
  const turns: (() => void)[] = [];
  const contributions: TrainerContribution[] = [];
  const lapsed: LeaseId[] = [];
  const prepared = await prepareJob(tinyJob, tinyDataSet);
  let looks = 0;
  const share = new OwnShare({
    mode,
    prepared,
    clock: {
      now: () => {
        looks += 1;
        return world.now + looks * computation;
      },
      schedule: () => () => undefined,
    },
    nextTurn: (callback) => turns.push(callback),
    isSending: () => world.isSending,
    isCurrent: () => world.isCurrent,
    onContribution: (contribution) => {
      contributions.push(contribution);
      if (contribution.gradient !== undefined) prepared.state.gradients.release(contribution.gradient);
    },
    onLapsed: (id) => lapsed.push(id),
    onFailed: (error) => {
      throw error;
    },
  });
  const turn = () => turns.shift()?.();
  return { share, world, turns, turn, contributions, lapsed };
}

describe('OwnShare', () => {
  it('is wanted as its mode says: beside workers only while there are some, and not many', async () => {
    const wanted = async (mode: OwnShareMode) => {
      const { share } = await scripted({ mode });
      return [0, 1, 8, 9].map((workers) => share.isWanted(workers));
    };
    expect(await wanted('everything')).toEqual([true, true, true, true]);
    expect(await wanted('beside workers')).toEqual([false, true, true, false]);
    expect(await wanted('nothing')).toEqual([false, false, false, false]);
  });

  it('computes a lease in a turn of its own, not at once', async () => {
    const { share, turn, contributions } = await scripted();
    share.lend(lease, work);
    expect([share.leases, contributions.length]).toEqual([1, 0]);
    turn();
    expect(contributions).toMatchObject([{ lease, samples: 3, milliseconds: 1 }]);
    expect(share.leases).toBe(0);
  });

  it('lets what was sent to others leave first, but does not wait for ever', async () => {
    const { share, world, turns, turn, contributions } = await scripted({ computation: 0.5 });
    world.isSending = true;
    share.lend(lease, work);
    turn();
    turn();
    expect([contributions.length, turns.length]).toEqual([0, 1]);
    world.isSending = false;
    turn();
    expect(contributions).toHaveLength(1);
    world.isSending = true;
    share.lend(lease, work);
    world.now += 100;
    turn();
    expect(contributions).toHaveLength(2);
  });

  it('gives a lease back that was overtaken: its parameters are gone', async () => {
    const { share, world, turn, contributions, lapsed } = await scripted();
    share.lend(lease, work);
    world.isCurrent = false;
    turn();
    expect([lapsed, contributions]).toEqual([[lease], []]);
  });

  it('computes nothing once it has left', async () => {
    const { share, turn, contributions, lapsed } = await scripted();
    share.lend(lease, work);
    share.leave();
    turn();
    expect([lapsed, contributions]).toEqual([[], []]);
  });

  it('is not wanted any more where its computations keep the messages waiting', async () => {
    const { share, turn } = await scripted({ computation: 101 });
    for (let times = 0; times < 3; times++) {
      expect(share.isWanted(1)).toBe(true);
      share.lend(lease, work);
      turn();
    }
    expect(share.isWanted(1)).toBe(false);
  });
});
