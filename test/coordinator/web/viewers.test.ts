import { describe, expect, it } from 'vitest';
import { Access, type Role } from '../../../coordinator/connections/access.ts';
import { viewerOf, viewOf } from '../../../coordinator/web/viewers.ts';
import type { RunMessage, RunView } from '../../../shared/watch/messages.ts';

const run = { name: 'tiny' } as RunView;
const worker = {
  id: 'w',
  kind: 'node',
  person: 'local',
  address: '10.0.0.1',
  samples: 1,
  contributions: 1,
  leases: 0,
} as const;
const state = { phase: 'training', step: 1, samplesPerSecond: 0, workers: [worker] } as const;
const snapshot: RunMessage = { type: 'snapshot', run, steps: [], epochs: [], people: [], state };
const [open, closed] = [undefined, 'a token of 16 characters'].map((token) => new Access({ token, now: () => 0 })) as [
  Access,
  Access,
];
const exchange = (role: Role, address: string) =>
  ({ role, caller: { address, host: 'localhost', scheme: 'http' } }) as const;
const invitation = { addresses: ['http://10.0.0.1/'], token: 'of-workers' };

describe('what is shown', () => {
  it('of a worker says where it is to administrators alone', () => {
    expect(viewOf(snapshot, 'administrator', invitation).state.workers).toEqual([worker]);
    const { address: _, ...rest } = worker;
    expect(viewOf(snapshot, 'worker', invitation).state.workers).toEqual([rest]);
    expect(viewOf({ ...snapshot, type: 'update' }, 'watcher', invitation).state.workers).toEqual([rest]);
  });

  it('invites those who may work themselves', () => {
    expect(viewOf(snapshot, 'administrator', invitation)).toMatchObject({ run: { invitation } });
    expect(viewOf(snapshot, 'worker', invitation)).toMatchObject({ run: { invitation } });
    expect(JSON.stringify(viewOf(snapshot, 'watcher', invitation))).not.toContain('of-workers');
  });

  it('to the coordinator’s own processes is what workers see', () => {
    expect(viewerOf(exchange('local', '127.0.0.1'), open)).toBe('worker');
  });

  it('says that the run may be started to whoever has the token, or sits at the machine where there is none', () => {
    expect(viewerOf(exchange('administrator', '192.0.2.7'), closed)).toBe('host');
    expect(viewerOf(exchange('worker', '127.0.0.1'), closed)).toBe('worker');
    expect(viewerOf(exchange('administrator', '192.0.2.7'), open)).toBe('administrator');
    for (const here of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) {
      expect(viewerOf(exchange('administrator', here), open)).toBe('host');
    }
    expect(viewOf(snapshot, 'host', invitation)).toMatchObject({ run: { mayStart: true, invitation } });
    expect(JSON.stringify(viewOf(snapshot, 'administrator', invitation))).not.toContain('mayStart');
  });
});
