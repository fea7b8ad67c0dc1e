import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SupervisorEvent } from '../../../coordinator/command_line/supervision.ts';
import { superviseTraining } from '../../../coordinator/command_line/supervisor.ts';
import { Inbox, ScriptedClock } from '../../worker/session/scripted.ts';

const entry = fileURLToPath(new URL('./fixtures/scripted_coordinator.mjs', import.meta.url));

describe('a supervisor', () => {
  let folder = '';
  const log = () => join(folder, 'log');
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gradswarm-supervisor-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** What each life was started with. */
  async function lives(): Promise<readonly unknown[]> {
    const lines = (await readFile(log(), 'utf8')).trim().split('\n');
    return lines.map((line) => JSON.parse(line));
  }

  /** Supervises a coordinator that does what the script says in each of its lives. */
  function supervise(...script: readonly string[]) {
    const clock = new ScriptedClock();
    const stop = new AbortController();
    const events = new Inbox<SupervisorEvent>();
    const flags = {
      set: [script.join('\n'), log()],
      run: 'runs/one',
      ownShare: true,
      threads: 1,
      port: 0,
      host: '127.0.0.1',
    };
    const exitCode = superviseTraining(
      { job: 'mnist-mlp', flags: { ...flags, allowHost: [], limits: {} } },
      { entry, signal: stop.signal, clock, onEvent: (event) => events.put(event) },
    );
    /** The verdict on the next death, after the time that it says. */
    const nextDeath = async () => {
      for (;;) {
        const event = await events.next();
        if (event.type !== 'died') continue;
        if (event.verdict.type === 'restart') {
          await clock.untilSomebodyWaits();
          clock.advance(event.verdict.milliseconds);
        }
        return event;
      }
    };
    return { exitCode, events, stop, nextDeath };
  }

  const first = { job: 'mnist-mlp', run: 'runs/one', port: 0 };
  const resumed = { resume: 'runs/one', port: 4711 };
  const started = { type: 'started', folder: 'runs/one', port: 4711 };

  it.each([
    ['start finish', 0],
    ['start fail', 1],
    ['start save interrupt', 130],
  ])('ends as its coordinator ends (%s)', async (script, exitCode) => {
    const { exitCode: ended, events } = supervise(script);
    expect(await ended).toBe(exitCode);
    expect(events.waiting).toEqual([started]);
    expect(await lives()).toEqual([first]);
  });

  it('resumes a run whose coordinator died, on the port that it had', async () => {
    const { exitCode, nextDeath } = supervise('start save die', 'start save crash', 'start finish');
    expect(await nextDeath()).toMatchObject({ life: { exit: { signal: 'SIGKILL' } }, folder: 'runs/one' });
    expect(await nextDeath()).toMatchObject({ life: { exit: { code: 70 } }, verdict: { deaths: 1 } });
    expect(await exitCode).toBe(0);
    expect(await lives()).toEqual([first, resumed, resumed]);
  });

  it('begins again when the coordinator died before its run had a folder', async () => {
    const { exitCode, nextDeath } = supervise('die', 'finish');
    expect(await nextDeath()).toMatchObject({ folder: undefined });
    expect(await exitCode).toBe(0);
    expect(await lives()).toEqual([first, first]);
  });

  it('counts the deaths since the last new checkpoint, and gives up after ten', async () => {
    const { exitCode, nextDeath } = supervise('start die', 'start save die', ...Array<string>(9).fill('start die'));
    const deaths: number[] = [];
    for (let death = 0; death < 11; death++) deaths.push((await nextDeath()).verdict.deaths);
    expect(deaths).toEqual([1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(await exitCode).toBe(1);
  });

  it('stops its coordinator by a message, which does not add up with the signal of a terminal', async () => {
    const { exitCode, stop, events } = supervise('start obey');
    expect(await events.next()).toEqual(started);
    stop.abort();
    expect(await exitCode).toBe(130);
    expect(events.waiting).toEqual([]);
  });

  it('stops a coordinator that has not started yet', async () => {
    const { exitCode, stop } = supervise('hang');
    stop.abort();
    expect(await exitCode).toBe(130);
  });

  it('does not start another one once it is told to stop', async () => {
    const { exitCode, stop, events } = supervise('start save die', 'finish');
    expect(await events.next()).toEqual(started);
    expect((await events.next()).type).toBe('died');
    stop.abort();
    expect(await exitCode).toBe(130);
    expect(await events.next()).toEqual({ type: 'stopped', folder: 'runs/one' });
    expect(await lives()).toEqual([first]);
  });

  it('does not start another one after one that died while it was stopping', async () => {
    const { exitCode, stop, events } = supervise('start obey-not', 'finish');
    expect(await events.next()).toEqual(started);
    stop.abort();
    expect(await events.next()).toMatchObject({ type: 'died', life: { wasStopped: true } });
    expect(await exitCode).toBe(1);
    expect(await lives()).toEqual([first]);
  });
});
