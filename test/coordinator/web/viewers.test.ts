import { describe, expect, it } from 'vitest';
import { viewerOf, viewOf } from '../../../coordinator/web/viewers.ts';
import type { RunView, WatchMessage } from '../../../shared/watch/messages.ts';

const run = { name: 'tiny' } as RunView;
const worker = { id: 'w', kind: 'node', address: '10.0.0.1', samples: 1, contributions: 1, leases: 0 } as const;
const state = { phase: 'training', step: 1, samplesPerSecond: 0, workers: [worker] } as const;
const snapshot: WatchMessage = { type: 'snapshot', run, steps: [], epochs: [], state };
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
    expect(viewerOf('local')).toBe('worker');
  });
});
