// Watchers over real connections.

import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Watchers } from '../../../coordinator/web/watchers.ts';
import type { RunState, WatchMessage } from '../../../shared/watch/messages.ts';
import { Inbox } from '../../worker/session/scripted.ts';

const state: RunState = { phase: 'training', step: 1, samplesPerSecond: 0, workers: [] };

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

async function serve() {
  let updates = 0;
  const watchers = new Watchers({
    snapshot: () => ({
      type: 'update',
      steps: [],
      epochs: [],
      state: { ...state, step: -1 },
    }),
    update: (): WatchMessage => ({ type: 'update', steps: [], epochs: [], state: { ...state, step: ++updates } }),
  });
  const server = createServer((_, response) => watchers.add(response)).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  cleanups.push(() => {
    watchers.close();
    server.close();
    server.closeAllConnections();
  });
  return { watchers, port: (server.address() as AddressInfo).port };
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
      for (const event of events) steps.put((JSON.parse(event.slice(6)) as WatchMessage).state.step);
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
    const { port } = await serve();
    const one = watch(port);
    expect(await one.steps.next()).toBe(-1);
    const first = await one.steps.next();
    const other = watch(port);
    expect(await other.steps.next()).toBe(-1);
    const next = await other.steps.next();
    expect(next).toBeGreaterThan(first);
    while ((await one.steps.next()) < next);
  });

  it('are forgotten when they leave, and told when it is over', async () => {
    const { watchers, port } = await serve();
    const [one, other] = [watch(port), watch(port)];
    await one.steps.next();
    await other.steps.next();
    expect(watchers.count).toBe(2);
    one.leave();
    while (watchers.count > 1) await other.steps.next();
    watchers.close();
    expect(await other.ended.next()).toBe('ended');
  });
});
