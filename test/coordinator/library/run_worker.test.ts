import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runWorker } from '../../../coordinator/library/run_worker.ts';
import { InputError } from '../../../shared/errors.ts';
import { HostileCoordinator } from '../../hostile/hostile_coordinator.ts';

const token = 'a-secret-of-24-characters';

describe('runWorker', () => {
  let coordinator: HostileCoordinator;
  beforeEach(async () => {
    coordinator = await HostileCoordinator.start();
  });
  afterEach(() => coordinator[Symbol.asyncDispose]());

  it('works in this process until the run is finished, and presents its token', async () => {
    const outcomes = runWorker(coordinator.url, { token });
    const victim = await coordinator.victims.next();
    expect(await victim.next('hello')).toMatchObject({ kind: 'node', token });
    victim.send({ type: 'finished', reason: 'done' });
    expect(await outcomes).toEqual([{ kind: 'finished', reason: 'done' }]);
  });

  it('leaves with a goodbye when its signal aborts', async () => {
    const stop = new AbortController();
    const outcomes = runWorker(coordinator.url, { signal: stop.signal });
    const victim = await coordinator.victims.next();
    await victim.next('hello');
    stop.abort();
    await victim.next('goodbye');
    expect(await outcomes).toEqual([{ kind: 'aborted' }]);
  });

  it('gives up at once where it is not to retry', async () => {
    const events: string[] = [];
    const outcomes = runWorker(coordinator.url, { retryFor: 0, onEvent: ({ type }) => events.push(type) });
    (await coordinator.victims.next()).socket.close(1001);
    expect(await outcomes).toMatchObject([{ kind: 'gave up' }]);
    expect(events).toEqual([]);
  });

  it('keeps to the limits that it is given', async () => {
    const outcomes = runWorker(coordinator.url, { retryFor: 0, limits: { nodes: 1 } });
    const victim = await coordinator.victims.next();
    await victim.next('hello');
    victim.welcome({ microbatchSize: 1, graph: { nodes: [{}, {}] } });
    expect(await victim.next('goodbye')).toMatchObject({ reason: expect.stringContaining('at most 1 nodes') });
    expect(await outcomes).toMatchObject([{ kind: 'gave up' }]);
  });

  it.each([
    ['a URL that is none', 'nowhere', {}],
    ['a limit out of its range', 'ws://127.0.0.1:9', { limits: { nodes: 0 } }],
    ['a token that could be guessed', 'ws://127.0.0.1:9', { token: 'short' }],
  ])('refuses %s', async (_, url, options) => {
    await expect(runWorker(url, options)).rejects.toThrow(InputError);
  });
});
