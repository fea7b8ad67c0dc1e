import { describe, expect, it } from 'vitest';
import { InputError } from '../../../shared/errors.ts';
import { encodeToWorker } from '../../../shared/protocol/encode.ts';
import { type WorkerLimits, workerLimitsOf } from '../../../worker/session/limits.ts';
import type { ScriptedPeer } from './scripted.ts';
import { startWorker, startWorking, type World, welcomed } from './worker_world.ts';

const limited = (limits: Partial<WorkerLimits>) => ({ limits: workerLimitsOf('node', limits) });

/** That the worker leaves with a word, says which limit it was, and does not come back at once. */
async function expectToLeave(
  { events, clock, network }: Pick<World, 'events' | 'clock' | 'network'>,
  peer: ScriptedPeer,
  {
    limit,
    code = 1000,
    amount,
  }: { readonly limit: keyof WorkerLimits; readonly code?: number; readonly amount: string },
): Promise<void> {
  const words = new RegExp(`^the coordinator asks for more than this worker gives: at most ${amount} for `);
  expect((await peer.expect('goodbye')).message.reason).toMatch(words);
  const close = await peer.closes.next();
  expect(close).toMatchObject({ code, reason: expect.stringMatching(words) });
  peer.close(close.code, close.reason);
  const event = await events.next();
  expect(event).toMatchObject({ type: 'retrying', cause: 'limit', limit, reason: expect.stringMatching(words) });
  clock.advance(29_999);
  expect(network.attempts).toBe(1);
}

describe('a session’s limits', () => {
  it('bound what waits, in bytes and not in leases alone', async () => {
    const world = await startWorking(limited({ waitingBytes: 2 ** 20 }));
    const { peer } = world;
    peer.lease({ lease: 1, parameters: 9, samples: 2 ** 19 });
    peer.lease({ lease: 2, parameters: 9, samples: 2 ** 19 });
    expect(peer.closes.waiting).toEqual([]);
    peer.lease({ lease: 3, parameters: 9, samples: 1 });
    await expectToLeave(world, peer, { limit: 'waitingBytes', amount: '1 MiB' });
  });

  it('have room again for what waits once leases were computed', async () => {
    const { peer } = await startWorking(limited({ waitingBytes: 2 ** 20 }));
    for (let step = 1; step <= 3; step++) {
      peer.lease({ lease: step, parameters: step, samples: 2 ** 20 });
      peer.parameters(step, 1);
      await peer.expect('contribution');
    }
    expect(peer.closes.waiting).toEqual([]);
  });

  it('bound a message, at its first frame', async () => {
    const world = await startWorking(limited({ messageBytes: 2 ** 20 }));
    const { peer } = world;
    peer.lease({ samples: 2 ** 20 });
    await peer.expect('contribution');
    await world.events.next();
    const lease = {
      type: 'lease',
      lease: 2,
      work: { kind: 'gradient', step: 0, shard: { first: 0, count: 1 } },
    } as const;
    const fields = { parameters: 0, samples: 2 ** 20 + 8, deadline: 100 };
    const [first] = encodeToWorker({ ...lease, ...fields }, new Uint8Array(2 ** 20 + 8));
    if (first !== undefined) peer.sendFrame(first);
    await expectToLeave(world, peer, { limit: 'messageBytes', code: 4413, amount: '1 MiB' });
  });

  it('bound the assigned job, before it is read', async () => {
    const world = startWorker(limited({ jobBytes: 2 ** 20 }));
    const peer = await world.network.peers.next();
    await peer.expect('hello');
    peer.send({ type: 'welcome', workerId: 'w', jobDigest: 'd' }, new Uint8Array(2 ** 20 + 1));
    await expectToLeave(world, peer, { limit: 'jobBytes', code: 4413, amount: '1 MiB' });
    expect(world.engine.loads).toBe(0);
  });

  it('bound what waits while the model is compiled, by frames too', async () => {
    const world = startWorker(limited({ waitingBytes: 2 ** 20, parameterBytes: 2 ** 20 }));
    world.engine.gate = new Promise(() => {});
    const peer = await welcomed(world);
    for (let frame = 0; frame < 2 ** 13; frame++) peer.sendFrame(new Uint8Array(1));
    await expectToLeave(world, peer, { limit: 'waitingBytes', amount: '1 MiB' });
  });

  it('bound answers that nobody takes', async () => {
    const world = await startWorking(limited({ unsentBytes: 2 ** 20 }));
    const { peer, network } = world;
    network.isFlowing = false;
    // An answer has 400,000 bytes.
    for (let lease = 1; lease <= 3; lease++) peer.lease({ lease });
    expect(peer.closes.waiting).toEqual([]);
    peer.send({ type: 'heartbeat', beat: 1 });
    for (let lease = 1; lease <= 3; lease++) {
      await peer.expect('contribution');
      await world.events.next();
    }
    await expectToLeave(world, peer, { limit: 'unsentBytes', amount: '1 MiB' });
  });

  it('bound the time of a lease, looked at between passes', async () => {
    const world = await startWorking(limited({ computingMilliseconds: 10_000 }));
    const { peer, engine, clock } = world;
    let passes = 0;
    engine.onCompute = (betweenPasses) => {
      for (;;) {
        passes += 1;
        clock.advance(3_000);
        betweenPasses();
      }
    };
    peer.lease({});
    expect(passes).toBe(4);
    await expectToLeave(world, peer, { limit: 'computingMilliseconds', amount: '10 seconds' });
  });

  it('bound the time of all leases that waited for one set of parameters', async () => {
    const world = await startWorking(limited({ computingMilliseconds: 10_000 }));
    const { peer, engine, clock } = world;
    engine.onCompute = () => clock.advance(6_000);
    for (let lease = 1; lease <= 5; lease++) peer.lease({ lease, parameters: 1 });
    peer.parameters(1, 1);
    expect(engine.computed).toEqual([1, 2]);
    for (const _ of [1, 2]) {
      await peer.expect('contribution');
      await world.events.next();
    }
    await expectToLeave(world, peer, { limit: 'computingMilliseconds', amount: '10 seconds' });
  });

  it('let a lease have its whole time after another', async () => {
    const { peer, engine, clock } = await startWorking(limited({ computingMilliseconds: 10_000 }));
    engine.onCompute = (betweenPasses) => {
      clock.advance(9_000);
      betweenPasses();
    };
    for (let lease = 1; lease <= 3; lease++) peer.lease({ lease });
    for (let lease = 1; lease <= 3; lease++) await peer.expect('contribution');
    expect(peer.closes.waiting).toEqual([]);
  });
});

it('a session fails with what is wrong with a job, fit to be printed', async () => {
  const { network, engine, outcome } = startWorker();
  engine.failWith = new InputError('node a: no op "\u001b[2J\ntest accuracy 100 %"');
  const failure = expect(outcome).rejects.toThrow(new InputError('node a: no op "[2Jtest accuracy 100 %"'));
  const peer = await network.peers.next();
  await peer.expect('hello');
  peer.welcome();
  await peer.expect('goodbye');
  peer.close(1000);
  await failure;
});
