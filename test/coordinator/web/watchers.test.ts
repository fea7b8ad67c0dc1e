// Watchers over real connections.

import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Refusal } from '../../../coordinator/connections/refusal.ts';
import { Places } from '../../../coordinator/web/places.ts';
import { updateInterval, Watchers } from '../../../coordinator/web/watchers.ts';
import type { RunMessage, RunState } from '../../../shared/watch/messages.ts';
import { Inbox, ScriptedClock } from '../../worker/session/scripted.ts';

const state: RunState = { phase: 'training', step: 1, samplesPerSecond: 0, workers: [] };

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

async function serve(places = 2) {
  const calls = { snapshots: 0, updates: 0 };
  const clock = new ScriptedClock();
  const message = (step: number): RunMessage => ({
    type: 'update',
    steps: [],
    epochs: [],
    people: [],
    state: { ...state, step },
  });
  const watchers = new Watchers(
    {
      snapshot: () => {
        calls.snapshots += 1;
        return message(-1);
      },
      update: () => message(++calls.updates),
      viewOf: (told) => told,
    },
    { clock, places: new Places(places, places), viewerOf: () => 'watcher' },
  );
  const server = createServer((request, response) => {
    const caller = { address: '10.0.0.1', host: 'localhost', scheme: 'http' } as const;
    try {
      watchers.add({ request, response, caller, role: 'watcher', query: new URLSearchParams() });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      response.writeHead(error.status, error.headers).end();
    }
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  cleanups.push(() => {
    watchers.close();
    server.close();
    server.closeAllConnections();
  });
  return { watchers, clock, calls, port: (server.address() as AddressInfo).port };
}

function watch(port: number) {
  const steps = new Inbox<number>();
  const ended = new Inbox<string>();
  const watching = request({ port, host: '127.0.0.1' }, (response) => {
    let text = '';
    response.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
      const events = text.split('\n\n');
      text = events.pop() ?? '';
      for (const event of events) steps.put((JSON.parse(event.slice(6)) as RunMessage).state.step);
    });
    response.on('end', () => ended.put('ended'));
  });
  watching.on('error', () => undefined);
  watching.end();
  cleanups.push(() => watching.destroy());
  return { steps, ended, leave: () => watching.destroy() };
}

describe('Watchers', () => {
  it('get a snapshot first and updates behind it, the same for all', async () => {
    const { clock, port } = await serve();
    const one = watch(port);
    expect(await one.steps.next()).toBe(-1);
    clock.advance(updateInterval);
    const first = await one.steps.next();
    const other = watch(port);
    expect(await other.steps.next()).toBe(-1);
    // What the newcomer's snapshot holds is told to the others.
    expect(await one.steps.next()).toBe(first + 1);
    clock.advance(updateInterval);
    expect(await one.steps.next()).toBe(first + 2);
    expect(await other.steps.next()).toBe(first + 2);
  });

  it('are forgotten when they leave, and told when it is over', async () => {
    const { watchers, clock, port } = await serve();
    const [one, other] = [watch(port), watch(port)];
    await one.steps.next();
    await other.steps.next();
    expect(watchers.count).toBe(2);
    one.leave();
    while (watchers.count > 1) {
      clock.advance(updateInterval);
      await other.steps.next();
    }
    watchers.close();
    expect(await other.ended.next()).toBe('ended');
    expect(clock.pending).toBe(0);
  });

  it('who come between two updates get the same snapshot, made once', async () => {
    const { clock, port, calls } = await serve(100);
    const crowd = Array.from({ length: 20 }, () => watch(port));
    for (const each of crowd) expect(await each.steps.next()).toBe(-1);
    expect(calls).toEqual({ snapshots: 1, updates: 1 });
    clock.advance(updateInterval);
    for (const each of crowd) await each.steps.next();
    expect(calls).toEqual({ snapshots: 1, updates: 2 });
  });

  it('beyond as many as there may be are told to come back', async () => {
    const { port } = await serve(1);
    await watch(port).steps.next();
    const response = await fetch(`http://127.0.0.1:${port}/`);
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '30']);
  });

  it('cost no timer when the last has left', async () => {
    const { watchers, clock, port } = await serve();
    const one = watch(port);
    await one.steps.next();
    expect(clock.pending).toBe(1);
    one.leave();
    while (watchers.count > 0) await new Promise(setImmediate);
    expect(clock.pending).toBe(0);
  });
});
