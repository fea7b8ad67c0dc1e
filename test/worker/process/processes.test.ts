import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type ProcessEvent, stopGrace, superviseProcesses } from '../../../worker/process/processes.ts';
import { Inbox, ScriptedClock } from '../session/scripted.ts';

const entry = fileURLToPath(new URL('./fixtures/scripted_process.mjs', import.meta.url));

function supervise(script: string, processes: number) {
  const clock = new ScriptedClock();
  const stop = new AbortController();
  const events = new Inbox<ProcessEvent & { readonly worker: number }>();
  const outcomes = superviseProcesses({
    entry,
    url: `test:${script}`,
    retryFor: null,
    processes,
    signal: stop.signal,
    clock,
    random: () => 0.5,
    onEvent: (worker, event) => events.put({ worker, ...event }),
  });
  return { clock, stop, events, outcomes };
}

function isAlive(pid: string): boolean {
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch {
    return false;
  }
}

async function nextConnected(events: { readonly next: () => Promise<ProcessEvent> }): Promise<string> {
  const event = await events.next();
  if (event.type !== 'connected') throw new Error(`expected connected, found ${event.type}`);
  return event.workerId;
}

describe('worker processes', () => {
  it('run until each has ended for good', async () => {
    const { outcomes, events } = supervise('finish', 3);
    expect(await outcomes).toEqual(Array(3).fill({ kind: 'finished', reason: 'done' }));
    expect(events.waiting).toEqual([]);
  });

  it('are not started again after a failure that would come again', async () => {
    expect(await supervise('fail', 1).outcomes).toEqual([{ kind: 'failed', reason: 'layer 1 does not fit' }]);
  });

  it.each([
    ['exit', 'exit code 9'],
    ['kill', 'SIGKILL'],
  ])(
    'are started again after a crash (%s), later each time, and given up after ten in a row',
    async (script, reason) => {
      const { outcomes, events, clock } = supervise(script, 1);
      const waits: number[] = [];
      for (let crash = 1; crash < 10; crash++) {
        const event = await events.next();
        if (event.type !== 'crashed') throw new Error(event.type);
        expect(event.reason).toBe(reason);
        waits.push(event.milliseconds);
        await clock.untilSomebodyWaits();
        clock.advance(event.milliseconds);
      }
      expect(waits).toEqual([250, 500, 1000, 2000, 4000, 5000, 5000, 5000, 5000]);
      expect(await outcomes).toEqual([
        { kind: 'failed', reason: `a worker process crashed 10 times in a row: ${reason}` },
      ]);
    },
  );

  it('start a new count of crashes after a long life', async () => {
    const { events, clock, stop, outcomes } = supervise('wait', 1);
    for (let crash = 0; crash < 3; crash++) {
      const pid = await nextConnected(events);
      clock.advance(60_000);
      process.kill(Number(pid), 'SIGKILL');
      expect(await events.next()).toEqual({ worker: 0, type: 'crashed', reason: 'SIGKILL', milliseconds: 250 });
      await clock.untilSomebodyWaits();
      clock.advance(250);
    }
    await nextConnected(events);
    stop.abort();
    expect(await outcomes).toEqual([{ kind: 'aborted' }]);
  });

  it('end when they are told to', async () => {
    const { events, stop, outcomes } = supervise('wait', 2);
    const pids = [await nextConnected(events), await nextConnected(events)];
    expect(pids.map(isAlive)).toEqual([true, true]);
    stop.abort();
    expect(await outcomes).toEqual([{ kind: 'aborted' }, { kind: 'aborted' }]);
    expect(pids.map(isAlive)).toEqual([false, false]);
  });

  it('are killed if they do not end when they are told to', async () => {
    const { clock, events, stop, outcomes } = supervise('stubborn', 1);
    const pid = await nextConnected(events);
    stop.abort();
    clock.advance(stopGrace - 1);
    expect(isAlive(pid)).toBe(true);
    clock.advance(1);
    expect(await outcomes).toEqual([{ kind: 'aborted' }]);
    expect(isAlive(pid)).toBe(false);
  });
});
