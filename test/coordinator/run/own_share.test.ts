import { describe, expect, it } from 'vitest';
import { prepareJob } from '../../../coordinator/computation/prepared_job.ts';
import { OwnShare, type OwnShareMode } from '../../../coordinator/run/own_share.ts';
import type { LeaseId } from '../../../coordinator/training/lease.ts';
import type { TrainerContribution } from '../../../coordinator/training/trainer_messages.ts';
import { compute } from '../../../shared/work/work_kinds.ts';
import { tinyDataSet, tinyJob } from '../tiny_job.ts';
import { leaseOf } from '../training/leases.ts';

const lease = leaseOf({ id: 7 as LeaseId, shard: { first: 1, count: 1 }, samples: 3 });

/** An own share whose turns come when the test says, each computation taking `computation` milliseconds. */
async function scripted({ mode = 'beside workers' as OwnShareMode, computation = 1, threads = 1 } = {}) {
  const world = { now: 0, isSending: false, version: 0, computation, isNeeded: false, workers: 1 };
  const turns: (() => void)[] = [];
  const rests: { readonly milliseconds: number; readonly end: () => void }[] = [];
  const contributions: TrainerContribution[] = [];
  const refused: LeaseId[] = [];
  const said: string[] = [];
  const prepared = await prepareJob(tinyJob, tinyDataSet);
  let looked = 0;
  const share = new OwnShare({
    mode,
    prepared,
    crew: { compute: (work, samples) => compute(prepared.state.replica, work, samples), threads },
    clock: {
      now: () => {
        looked += world.computation;
        return world.now + looked;
      },
      schedule: (milliseconds, end) => {
        rests.push({ milliseconds, end });
        return () => undefined;
      },
    },
    nextTurn: (callback) => turns.push(callback),
    isSending: () => world.isSending,
    version: () => world.version,
    onContribution: (_, contribution) => {
      contributions.push(contribution);
      if (contribution.gradient !== undefined) prepared.state.gradients.release(contribution.gradient);
    },
    onRefused: (_, id) => refused.push(id),
    onFailed: (error) => {
      throw error;
    },
    workers: () => world.workers,
    hasBegun: () => true,
    isNeeded: () => world.isNeeded,
    onJoined: (maximumUnits, isShare) =>
      said.push(`joined ${maximumUnits}${isShare ? '' : world.isNeeded ? ' for what only it can do' : ', untold'}`),
    onLeft: (reason, isShare) => said.push(isShare ? reason : 'nobody is told'),
  });
  const turn = () => turns.shift()?.();
  const computeOnce = () => {
    share.lend(lease);
    turn();
  };
  return { share, world, turns, turn, rests, contributions, refused, said, computeOnce };
}

describe('OwnShare', () => {
  it('joins as its mode says: beside workers only while there are some, and not many', async () => {
    const saidIn = async (mode: OwnShareMode) => {
      const { share, world, said } = await scripted({ mode });
      for (const workers of [0, 1, 8, 9, 8, 0]) {
        world.workers = workers;
        share.review();
      }
      return said;
    };
    expect(await saidIn('everything')).toEqual(['joined Infinity']);
    expect(await saidIn('beside workers')).toEqual([
      'joined 1',
      'its time is needed for the messages',
      'joined 1',
      'nobody is left to help',
    ]);
    expect(await saidIn('nothing')).toEqual([]);
  });

  it('computes all of it alone, and beside workers a unit for each of its threads, without a word about that', async () => {
    const { share, world, said } = await scripted({ mode: 'alone or beside workers', threads: 2 });
    for (const workers of [0, 1, 0, 9, 0]) {
      world.workers = workers;
      share.review();
    }
    expect(said).toEqual([
      'joined Infinity',
      'nobody is told',
      'joined 2, untold',
      'nobody is told',
      'joined Infinity, untold',
      'its time is needed for the messages',
      'joined Infinity',
    ]);
  });

  it('takes less at once where a whole task keeps the messages waiting, but never rests while it is alone', async () => {
    const { share, world, rests, said, computeOnce } = await scripted({
      mode: 'alone or beside workers',
      threads: 2,
      computation: 101,
    });
    world.workers = 0;
    share.review();
    for (let times = 0; times < 7; times++) computeOnce();
    share.review();
    expect(rests).toEqual([]);
    expect(said).toEqual(['joined Infinity', 'nobody is told', 'joined 2, untold']);
  });

  it('joins in every mode while there is work that only it can do', async () => {
    const { share, world, said } = await scripted({ mode: 'nothing' });
    world.isNeeded = true;
    world.workers = 12;
    for (let times = 0; times < 2; times++) share.reviewNeed();
    expect(said).toEqual(['joined 1 for what only it can do']);
    world.isNeeded = false;
    share.reviewNeed();
    expect(said).toHaveLength(2);
  });

  it('computes a lease in a turn of its own, not at once', async () => {
    const { share, turn, contributions } = await scripted();
    share.lend(lease);
    expect([share.leases, contributions.length]).toEqual([1, 0]);
    turn();
    expect(contributions).toMatchObject([{ lease: 7, samples: 3, milliseconds: 1 }]);
    expect(share.leases).toBe(0);
  });

  it('lets what was sent to others leave first, but does not wait for ever', async () => {
    const { share, world, turns, turn, contributions } = await scripted({ computation: 0.5 });
    world.isSending = true;
    share.lend(lease);
    turn();
    turn();
    expect([contributions.length, turns.length]).toEqual([0, 1]);
    world.isSending = false;
    turn();
    expect(contributions).toHaveLength(1);
    world.isSending = true;
    share.lend(lease);
    world.now += 100;
    turn();
    expect(contributions).toHaveLength(2);
  });

  it('gives a lease back that was overtaken: its parameters are gone', async () => {
    const { share, world, turn, contributions, refused } = await scripted();
    share.lend(lease);
    world.version = 1;
    turn();
    expect([refused, contributions]).toEqual([[7], []]);
  });

  it('computes nothing once it has left', async () => {
    const { share, turn, contributions, refused } = await scripted();
    share.lend(lease);
    share.leave();
    turn();
    expect([refused, contributions]).toEqual([[], []]);
  });

  it('rests where its computations keep the messages waiting, and comes back', async () => {
    const { share, world, rests, said, computeOnce } = await scripted({ computation: 101 });
    share.review();
    for (let times = 0; times < 3; times++) {
      expect(rests).toEqual([]);
      computeOnce();
    }
    share.review();
    expect(said).toEqual(['joined 1', 'its time is needed for the messages']);
    world.computation = 1;
    rests[0]?.end();
    expect(said.at(-1)).toBe('joined 1');
    computeOnce();
    share.review();
    expect(said).toHaveLength(3);
  });

  it('rests twice as long each time that a rest did not help', async () => {
    const { share, rests, computeOnce } = await scripted({ computation: 101 });
    share.review();
    for (let times = 1; times <= 9; times++) {
      computeOnce();
      if (times % 3 === 0) rests.at(-1)?.end();
    }
    expect(rests.map(({ milliseconds }) => milliseconds)).toEqual([10_000, 20_000, 40_000]);
  });

  it('does nothing more once it is stopped', async () => {
    const { share, said } = await scripted();
    share.stop();
    share.review();
    expect(said).toEqual([]);
  });

  it('never rests where it computes everything', async () => {
    const { rests, computeOnce } = await scripted({ mode: 'everything', computation: 1_000 });
    for (let times = 0; times < 5; times++) computeOnce();
    expect(rests).toEqual([]);
  });
});
