import { describe, expect, it } from 'vitest';
import { InputError } from '../../../shared/errors.ts';
import { encodeToWorker } from '../../../shared/protocol/encode.ts';
import { welcomeTimeout } from '../../../shared/protocol/limits.ts';
import { protocolVersion } from '../../../shared/protocol/messages.ts';
import { Busy } from '../../../worker/session/connection.ts';
import { withBitFlipped } from '../../shared/protocol/samples.ts';
import { type ScriptedPeer, scriptedParameters } from './scripted.ts';
import { startWorker, startWorking, welcomed } from './worker_world.ts';

function floats(payload: Uint8Array): Float32Array {
  return new Float32Array(payload.slice().buffer);
}

describe('session', () => {
  it('says hello with what the engine is and can', async () => {
    const { network, stop } = startWorker({ token: 'a-secret-of-sixteen' });
    const peer = await network.peers.next();
    expect((await peer.expect('hello')).message).toEqual({
      type: 'hello',
      protocol: protocolVersion,
      engineDigest: 'e0',
      probes: { portable: 'a0' },
      kind: 'node',
      cores: 2,
      token: 'a-secret-of-sixteen',
    });
    stop.abort();
  });

  it('compiles the job it is given and answers a training lease with gradient, loss and metrics', async () => {
    const { peer, engine, events } = await startWorking();
    const work = { kind: 'gradient', step: 0, shard: { first: 2, count: 2 } } as const;
    peer.lease({ lease: 7, work, samples: 5 });
    const { message, payload } = await peer.expect('contribution');
    expect(message).toEqual({
      type: 'contribution',
      lease: 7,
      work,
      samples: 5,
      lossSum: 10,
      metricSums: { accuracy: 5 },
      milliseconds: 0,
    });
    expect(floats(payload)).toHaveLength(scriptedParameters);
    expect(new Set(floats(payload))).toEqual(new Set([10]));
    expect(engine.loaded).toEqual([{ numerics: 'portable', microbatchSize: 3, graph: {} }]);
    expect(await events.next()).toEqual({ type: 'contributed', samples: 5, milliseconds: 0 });
  });

  it('answers an evaluation lease without a gradient', async () => {
    const { peer } = await startWorking();
    peer.lease({ work: { kind: 'evaluation', step: 0, shard: { first: 0, count: 1 } } });
    const { message, payload } = await peer.expect('contribution');
    expect(message.lossSum).toBe(6);
    expect(payload).toHaveLength(0);
  });

  it('answers several leases in order, each with the parameters that it names', async () => {
    const { peer } = await startWorking();
    peer.lease({ lease: 1, parameters: 0 });
    peer.parameters(1, 10);
    peer.lease({ lease: 2, parameters: 1 });
    peer.lease({ lease: 3, parameters: 1 });
    const answers = [
      await peer.expect('contribution'),
      await peer.expect('contribution'),
      await peer.expect('contribution'),
    ];
    expect(answers.map(({ message }) => [message.lease, message.lossSum])).toEqual([
      [1, 6],
      [2, 60],
      [3, 60],
    ]);
  });

  it('lets a lease wait for its parameters', async () => {
    const { peer, engine } = await startWorking();
    peer.lease({ lease: 1, parameters: 2 });
    peer.lease({ lease: 2, parameters: 1 });
    expect(engine.computed).toEqual([]);
    peer.parameters(1, 10);
    expect(engine.computed).toEqual([2]);
    peer.parameters(2, 100);
    expect(engine.computed).toEqual([2, 1]);
    expect((await peer.expect('contribution')).message.lossSum).toBe(60);
    expect((await peer.expect('contribution')).message.lossSum).toBe(600);
  });

  it('drops a lease for older parameters than it holds, also one that had waited', async () => {
    const { peer, engine } = await startWorking();
    peer.lease({ lease: 1, parameters: 1 });
    peer.parameters(2, 10);
    peer.lease({ lease: 2, parameters: 0 });
    peer.lease({ lease: 3, parameters: 1 });
    peer.lease({ lease: 4, parameters: 2 });
    expect(engine.computed).toEqual([4]);
    expect((await peer.expect('contribution')).message.lease).toBe(4);
    expect(peer.messages.waiting).toEqual([]);
  });

  it('forgets the leases that it drops', async () => {
    const { peer, engine } = await startWorking();
    peer.parameters(5, 1);
    for (let lease = 0; lease < 200; lease++) peer.lease({ lease, parameters: 4 });
    peer.lease({ lease: 200, parameters: 5 });
    expect(engine.computed).toEqual([200]);
    expect(peer.closes.waiting).toEqual([]);
  });

  it('never computes with parameters that are half there', async () => {
    const { peer, engine } = await startWorking();
    const frames = encodeToWorker(
      { type: 'parameters', step: 1 },
      new Uint8Array(new Float32Array(scriptedParameters).fill(10).buffer),
    );
    expect(frames.length).toBeGreaterThan(1);
    peer.lease({ lease: 1, parameters: 1 });
    const last = frames.length - 1;
    frames.forEach((frame, index) => {
      peer.sendFrame(frame);
      expect(engine.computed).toEqual(index === last ? [1] : []);
    });
    expect((await peer.expect('contribution')).message.lossSum).toBe(60);
  });

  it('computes nothing with parameters that were changed on the way, and comes back for others', async () => {
    const { peer, engine, events, network, clock } = await startWorking();
    const payload = new Uint8Array(new Float32Array(scriptedParameters).fill(10).buffer);
    const frames = encodeToWorker({ type: 'parameters', step: 1 }, payload);
    const last = frames.length - 1;
    peer.lease({ lease: 1, parameters: 1 });
    frames.forEach((frame, index) => {
      peer.sendFrame(index === last ? withBitFlipped(frame, 8 * (frame.length - 1)) : frame);
    });
    const { code, reason } = await peer.closes.next();
    expect(code).toBe(4410);
    expect(reason).toBe('frame with a wrong checksum of its payload: bytes were changed on the way');
    expect(engine.computed).toEqual([]);
    peer.close(code, reason);
    expect(await events.next()).toMatchObject({ type: 'retrying', reason, welcomed: true });
    await clock.untilSomebodyWaits();
    clock.advance(60_000);
    await (await network.peers.next()).expect('hello');
  });

  it('keeps in order what arrives while the model is compiled', async () => {
    const world = startWorker();
    let open = () => {};
    world.engine.gate = new Promise((resolve) => {
      open = resolve;
    });
    const peer = await welcomed(world);
    peer.parameters(0, 1);
    peer.lease({ lease: 1, parameters: 0 });
    peer.parameters(1, 2);
    peer.lease({ lease: 2, parameters: 1 });
    expect(world.engine.computed).toEqual([]);
    open();
    expect((await peer.expect('contribution')).message.lossSum).toBe(6);
    expect((await peer.expect('contribution')).message.lossSum).toBe(12);
  });

  it('sends heartbeats back, and leaves a coordinator that has sent nothing for 20 s', async () => {
    const { peer, clock, events } = await startWorking();
    for (let beat = 1; beat <= 10; beat++) {
      clock.advance(5_000);
      peer.send({ type: 'heartbeat', beat });
      expect((await peer.expect('heartbeat')).message).toEqual({ type: 'heartbeat', beat });
    }
    for (let look = 0; look < 5; look++) {
      expect(peer.closes.waiting).toEqual([]);
      clock.advance(5_000);
    }
    expect(await peer.closes.next()).toMatchObject({ code: 4408, reason: expect.stringMatching(/no sign of life/) });
    peer.close(1006);
    expect(await events.next()).toMatchObject({ type: 'retrying', reason: expect.stringMatching(/no sign of life/) });
  });

  it('tells when an answer was refused, and goes on', async () => {
    const { peer, events } = await startWorking();
    peer.send({ type: 'warning', reason: 'not finite' });
    expect(await events.next()).toEqual({ type: 'warned', reason: 'not finite' });
    peer.lease({ lease: 4 });
    expect((await peer.expect('contribution')).message.lease).toBe(4);
  });

  it('takes more warnings than there can be for a violation', async () => {
    const { peer, events } = await startWorking();
    for (let warning = 0; warning < 4; warning++) peer.send({ type: 'warning', reason: 'wrong' });
    expect(await peer.closes.next()).toEqual({ code: 4400, reason: 'more than 3 warnings' });
    peer.close(4400);
    const told = [await events.next(), await events.next(), await events.next(), await events.next()];
    expect(told.map(({ type }) => type)).toEqual(['warned', 'warned', 'warned', 'retrying']);
  });

  it('ends when the run is finished', async () => {
    const { peer, outcome, network } = await startWorking();
    peer.send({ type: 'finished', reason: 'all epochs done' });
    expect(await peer.closes.next()).toEqual({ code: 1000, reason: 'all epochs done' });
    peer.lease({});
    peer.close(1000);
    expect(await outcome).toEqual({ kind: 'finished', reason: 'all epochs done' });
    expect(network.attempts).toBe(1);
    expect(peer.messages.waiting).toEqual([]);
  });

  it('waits for a run that was stopped, and speaks of nothing else while it is away', async () => {
    const { peer, events, network, clock } = await startWorking();
    peer.send({ type: 'stopped', reason: 'will go on' });
    expect(await peer.closes.next()).toEqual({ code: 1000, reason: 'will go on' });
    peer.close(1000);
    expect(await events.next()).toMatchObject({ type: 'retrying', reason: 'will go on', cause: 'stopped' });
    network.refusals.push('connection refused', 'connection refused');
    for (const _ of [1, 2]) {
      await clock.untilSomebodyWaits();
      clock.advance(10_000);
      expect(await events.next()).toMatchObject({ type: 'retrying', reason: 'will go on', cause: 'stopped' });
    }
    await clock.untilSomebodyWaits();
    clock.advance(10_000);
    const back = await network.peers.next();
    await back.expect('hello');
    back.welcome();
    expect(await events.next()).toMatchObject({ type: 'connected' });
    back.close(1006);
    expect(await events.next()).toMatchObject({ type: 'retrying', cause: 'connection' });
  });

  it('says goodbye and closes when it is told to stop', async () => {
    const { peer, outcome, stop, clock } = await startWorking();
    stop.abort();
    expect((await peer.expect('goodbye')).message.reason).toBe('the worker was stopped');
    expect((await peer.closes.next()).code).toBe(1000);
    peer.close(1000);
    expect(await outcome).toEqual({ kind: 'aborted' });
    expect(clock.pending).toBe(0);
  });

  it.each(['before the connection', 'during the handshake', 'during compilation', 'between attempts'] as const)(
    'stops %s',
    async (moment) => {
      const world = startWorker({}, (network) => {
        if (moment === 'between attempts') network.refusals.push('connection refused');
      });
      const { network, stop, outcome, clock, engine } = world;
      if (moment === 'between attempts') {
        await clock.untilSomebodyWaits();
        stop.abort();
      } else {
        if (moment === 'before the connection') stop.abort();
        const peer = await network.peers.next();
        await peer.expect('hello');
        if (moment === 'during compilation') {
          engine.gate = new Promise(() => {});
          peer.welcome();
        }
        stop.abort();
        await peer.expect('goodbye');
        peer.close(1000);
      }
      expect(await outcome).toEqual({ kind: 'aborted' });
      expect(clock.pending).toBe(0);
    },
  );

  it.each([
    [4401, 'unknown token'],
    [4406, 'protocol'],
    [4407, 'engine'],
    [4409, 'numerics'],
  ])('does not come back after a refusal with %i', async (code, reason) => {
    const { network, outcome } = startWorker();
    const peer = await network.peers.next();
    peer.send({ type: 'refused', reason });
    peer.close(code, 'short');
    expect(await outcome).toEqual({ kind: 'refused', reason });
    expect(network.attempts).toBe(1);
  });

  it('takes the close code for a refusal when its message was lost', async () => {
    const { network, outcome } = startWorker();
    (await network.peers.next()).close(4407, 'engine a, not b');
    expect(await outcome).toEqual({ kind: 'refused', reason: 'engine versions differ: engine a, not b' });
  });

  it('comes back after a refusal that may pass, when that is likely', async () => {
    const { network, events, clock } = startWorker();
    const peer = await network.peers.next();
    peer.send({ type: 'refused', reason: 'too many workers' });
    peer.close(4429);
    expect(await events.next()).toEqual({
      type: 'retrying',
      reason: 'too many workers',
      welcomed: false,
      cause: 'busy',
      milliseconds: 15_000,
    });
    clock.advance(15_000);
    await (await network.peers.next()).expect('hello');
  });

  it('waits as long as it is asked to', async () => {
    const { events } = startWorker({
      connect: async () => {
        throw new Busy('no room (HTTP status 503)', 60_000);
      },
    });
    expect(await events.next()).toEqual({
      type: 'retrying',
      reason: 'no room (HTTP status 503)',
      welcomed: false,
      cause: 'busy',
      milliseconds: 65_000,
    });
  });

  it('shows no text as it came', async () => {
    const { events } = startWorker({
      connect: async () => {
        throw new Error('Parse Error: \u001b[2J\nfake');
      },
    });
    expect(await events.next()).toMatchObject({ reason: 'Parse Error: [2Jfake' });
  });

  it('comes back from a lost connection as a new worker, compiles again and works on', async () => {
    const world = await startWorking();
    world.peer.close(1006);
    expect(await world.events.next()).toEqual({
      type: 'retrying',
      reason: 'connection lost (close code 1006)',
      welcomed: true,
      cause: 'connection',
      milliseconds: 250,
    });
    world.clock.advance(250);
    const peer = await welcomed(world);
    peer.parameters(0, 3); // An earlier step than before is fine: it is another conversation.
    peer.lease({});
    expect((await peer.expect('contribution')).message.lossSum).toBe(18);
  });

  it('waits twice as long after each failure, and short again after a welcome', async () => {
    const world = startWorker({}, (network) => network.refusals.push(...Array(7).fill('connection refused')));
    const waits: number[] = [];
    const takeWait = async () => {
      const event = await world.events.next();
      if (event.type !== 'retrying') throw new Error(event.type);
      waits.push(event.milliseconds);
      world.clock.advance(event.milliseconds);
    };
    for (let attempt = 0; attempt < 7; attempt++) await takeWait();
    expect(waits.splice(0)).toEqual([250, 500, 1000, 2000, 4000, 5000, 5000]);
    (await welcomed(world)).close(1001);
    await takeWait();
    (await world.network.peers.next()).close(1006);
    await takeWait();
    expect(waits).toEqual([250, 500]);
  });

  it('tries once if it is told not to retry', async () => {
    const { network, outcome } = startWorker({ retryFor: 0 }, ({ refusals }) => refusals.push('connection refused'));
    expect(await outcome).toEqual({ kind: 'gave up', reason: 'connection refused' });
    expect(network.attempts).toBe(1);
  });

  it('gives up after the time it is given, with one last attempt at its end', async () => {
    const { network, outcome, clock } = startWorker({ retryFor: 1000 }, ({ refusals }) => {
      refusals.push('refused', 'refused', 'refused', 'refused');
    });
    for (const wait of [250, 500, 250]) {
      await clock.untilSomebodyWaits();
      clock.advance(wait);
    }
    expect(await outcome).toEqual({ kind: 'gave up', reason: 'refused' });
    expect(network.attempts).toBe(4);
    expect(clock.now()).toBe(1000);
  });

  it('counts the time to give up from the last connection', async () => {
    const world = startWorker({ retryFor: 1000 });
    const peer = await welcomed(world);
    world.clock.advance(5000);
    peer.close(1006);
    world.network.refusals.push('refused', 'refused', 'refused', 'refused');
    for (const wait of [250, 500, 250]) {
      await world.clock.untilSomebodyWaits();
      world.clock.advance(wait);
    }
    expect(await world.outcome).toEqual({ kind: 'gave up', reason: 'refused' });
    expect(world.clock.now()).toBe(6000);
  });

  it('gives up on a coordinator that accepts the connection and says nothing', async () => {
    const { network, outcome, clock } = startWorker({ retryFor: 0 });
    const peer = await network.peers.next();
    await peer.expect('hello');
    clock.advance(welcomeTimeout);
    expect((await peer.closes.next()).code).toBe(4408);
    peer.close(4408);
    expect(await outcome).toMatchObject({ kind: 'gave up', reason: expect.stringContaining('no welcome within 30 s') });
  });

  it.each<[string, number, (peer: ScriptedPeer) => void]>([
    ['a text frame', 4400, (peer) => peer.sendText()],
    ['bytes that are no frame', 4400, (peer) => peer.sendFrame(new Uint8Array(3))],
    ['a second welcome', 4400, (peer) => peer.welcome()],
    ['a refusal after the welcome', 4400, (peer) => peer.send({ type: 'refused', reason: 'late' })],
    ['parameters of the wrong size', 4400, (peer) => peer.send({ type: 'parameters', step: 1 }, new Uint8Array(8))],
    [
      'parameters of an earlier step',
      4400,
      (peer) => {
        peer.parameters(5, 1);
        peer.parameters(4, 1);
      },
    ],
    [
      'more waiting leases than anybody needs',
      4400,
      (peer) => {
        for (let lease = 0; lease < 65; lease++) peer.lease({ lease, parameters: 9 });
      },
    ],
    ['a job that is no job', 4400, () => {}],
  ])('closes on %s, and comes back', async (name, code, violate) => {
    const world = startWorker();
    const peer = await world.network.peers.next();
    await peer.expect('hello');
    if (name === 'a job that is no job') {
      peer.send({ type: 'welcome', workerId: 'w', jobDigest: 'd' }, new Uint8Array(4));
    } else {
      peer.welcome();
      await world.events.next();
      peer.parameters(0, 1);
      peer.lease({});
      await peer.expect('contribution');
      await world.events.next();
      violate(peer);
    }
    expect((await peer.closes.next()).code).toBe(code);
    peer.close(code);
    expect(await world.events.next()).toMatchObject({
      type: 'retrying',
      reason: expect.stringContaining('the coordinator broke the protocol: '),
      cause: 'violation',
      milliseconds: 45_000,
    });
  });

  it('closes on a message before the welcome', async () => {
    for (const send of [(peer: ScriptedPeer) => peer.parameters(0, 1), (peer: ScriptedPeer) => peer.lease({})]) {
      const { network } = startWorker();
      const peer = await network.peers.next();
      await peer.expect('hello');
      send(peer);
      const { code, reason } = await peer.closes.next();
      expect(code).toBe(4400);
      expect(reason).toContain('in the state "greeting"');
    }
  });

  it('fails, with a goodbye, when the model does not compile', async () => {
    const { network, engine, outcome } = startWorker();
    engine.failWith = new InputError('layer 2: expected 10 inputs, found 9');
    const failure = expect(outcome).rejects.toThrow('layer 2: expected 10 inputs, found 9');
    const peer = await network.peers.next();
    await peer.expect('hello');
    peer.welcome();
    await peer.expect('goodbye');
    peer.close(1000);
    await failure;
  });

  it('fails, with a goodbye, when a computation does', async () => {
    const { peer, engine, outcome } = await startWorking();
    engine.failWith = new Error('unreachable executed');
    const failure = expect(outcome).rejects.toThrow('unreachable executed');
    peer.lease({});
    await peer.expect('goodbye');
    peer.close(1000);
    await failure;
  });
});
