import { describe, expect, it } from 'vitest';
import type { ProcessEvent } from '../../../worker/process/processes.ts';
import { describeOutcome, StatusLines } from '../../../worker/process/status.ts';

const url = 'ws://host:1/';
const connected = (workerId: string) => ({ type: 'connected', workerId, jobDigest: 'd' }) as const;
const retrying = (reason: string, welcomed = false) =>
  ({ type: 'retrying', reason, welcomed, cause: 'connection', milliseconds: 420 }) as const;
const crashed = { type: 'crashed', reason: 'SIGKILL', milliseconds: 250 } as const;

describe('status lines', () => {
  it('tells when a worker connects, loses its connection and connects again', () => {
    const lines = new StatusLines({ url, workers: 1 });
    expect(lines.lineFor(0, connected('w1'))?.text).toBe('connected to ws://host:1/ as w1');
    expect(lines.lineFor(0, { type: 'contributed', samples: 1, milliseconds: 1 })).toBeUndefined();
    expect(lines.lineFor(0, retrying('gone', true))?.text).toBe(
      'disconnected from ws://host:1/: gone; retrying in 0.4 s, then less and less often',
    );
    expect(lines.lineFor(0, connected('w2'))?.text).toBe('connected to ws://host:1/ as w2');
  });

  it('tells an outage once, again when its reason changes, and again after a connection', () => {
    const lines = new StatusLines({ url, workers: 1 });
    const told = [
      retrying('refused'),
      retrying('refused'),
      retrying('no answer'),
      retrying('no answer'),
      connected('w'),
      retrying('refused'),
    ].map((event) => lines.lineFor(0, event) !== undefined);
    expect(told).toEqual([true, false, true, false, true, true]);
  });

  it('tells an outage of all workers once, and counts those connected', () => {
    const lines = new StatusLines({ url, workers: 3 });
    expect(lines.lineFor(0, retrying('refused'))).toBeDefined();
    expect(lines.lineFor(1, retrying('refused'))).toBeUndefined();
    expect(lines.lineFor(1, connected('a'))?.text).toBe('connected to ws://host:1/ as a (1 of 3)');
    expect(lines.lineFor(0, connected('b'))?.text).toBe('connected to ws://host:1/ as b (2 of 3)');
    expect(lines.lineFor(0, crashed)?.text).toBe('worker process 1 crashed (SIGKILL); starting it again in 0.3 s');
    expect(lines.lineFor(2, connected('c'))?.text).toBe('connected to ws://host:1/ as c (2 of 3)');
  });

  it('says that it waits for a run that was stopped, and nothing is wrong with that', () => {
    const lines = new StatusLines({ url, workers: 1 });
    const stopped = { ...retrying('the run was stopped and will go on', true), cause: 'stopped' } as const;
    expect(lines.lineFor(0, stopped)).toEqual({
      text: 'ws://host:1/: the run was stopped and will go on; waiting for it',
      isTrouble: false,
    });
    expect(lines.lineFor(0, { ...stopped, welcomed: false })).toBeUndefined();
  });

  it('tells apart what may never mend itself', () => {
    const isTrouble = (event: ProcessEvent) => new StatusLines({ url, workers: 1 }).lineFor(0, event)?.isTrouble;
    expect(isTrouble(connected('w'))).toBe(false);
    expect(isTrouble(retrying('the other side is shutting down', true))).toBe(false);
    expect(isTrouble(retrying('connection refused'))).toBe(true);
    expect(isTrouble({ ...retrying('header is not a map', true), cause: 'violation' })).toBe(true);
    expect(isTrouble({ ...retrying('too large', true), cause: 'limit' })).toBe(true);
    expect(isTrouble({ ...retrying('too many connections', true), cause: 'busy' })).toBe(true);
    expect(isTrouble({ type: 'warned', reason: 'not finite' })).toBe(true);
    expect(isTrouble(crashed)).toBe(true);
  });

  it('tells which flag allows more', () => {
    const event = { ...retrying('at most 512 MiB', true), cause: 'limit', limit: 'memoryBytes' } as const;
    expect(new StatusLines({ url, workers: 1 }).lineFor(0, event)?.text).toBe(
      'disconnected from ws://host:1/: at most 512 MiB (--max-memory allows more); retrying in 0.4 s, then less and less often',
    );
  });

  it('tells how it ended', () => {
    expect(describeOutcome({ kind: 'finished', reason: 'done' }, url)).toEqual({
      line: 'the run is finished: done',
      failed: false,
    });
    expect(describeOutcome({ kind: 'aborted' }, url).failed).toBe(false);
    expect(describeOutcome({ kind: 'refused', reason: 'no token' }, url)).toEqual({
      line: 'refused by ws://host:1/: no token',
      failed: true,
    });
    expect(describeOutcome({ kind: 'gave up', reason: 'no answer' }, url)).toEqual({
      line: 'gave up on ws://host:1/: no answer',
      failed: true,
    });
  });
});
