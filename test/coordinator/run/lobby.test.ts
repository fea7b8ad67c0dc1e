import { describe, expect, it } from 'vitest';
import { Lobby, type LobbyOptions } from '../../../coordinator/run/lobby.ts';
import type { Contributor } from '../../../coordinator/training/contributor.ts';
import type { WorkerId } from '../../../coordinator/training/lease.ts';

function lobby(options: LobbyOptions | undefined) {
  const events: string[] = [];
  const made = new Lobby(options, (event) => {
    if (event.type === 'worker joined') events.push(`joined ${event.worker.id}`);
    if (event.type === 'worker left') events.push(`left ${event.worker}`);
  });
  const join = (id: string) => made.join({ id: id as WorkerId, isTrusted: false, source: 'here' });
  const introduce = (id: string, contributor: Contributor) => made.introduce(id as WorkerId, contributor);
  return { made, events, join, introduce };
}

const ada: Contributor = { id: 'a', kind: 'volunteer', name: 'Ada' };

describe('Lobby', () => {
  it('keeps who joins until the run begins, in the order in which they came', () => {
    const { made, events, join } = lobby({});
    for (const id of ['x', 'y', 'z']) join(id);
    made.leave('y' as WorkerId);
    expect(events).toEqual([]);
    expect([...made.workers]).toEqual(['x', 'z']);
    expect(made.close()).toBe(true);
    expect(events).toEqual(['joined x', 'joined z']);
    expect(made.close()).toBe(false);
  });

  it('lets through who joins or leaves afterwards, or where there is none', () => {
    const { made, events, join } = lobby(undefined);
    join('x');
    made.leave('x' as WorkerId);
    expect(made.isOpen).toBe(false);
    expect(events).toEqual(['joined x', 'left x']);
  });

  it('tells when all are there who are waited for: people, not their workers, nor the coordinator’s own', () => {
    const { join, introduce } = lobby({ waitsFor: 2 });
    for (const id of ['x', 'y', 'l', 'n']) join(id);
    expect(introduce('x', ada)).toBe(false);
    expect(introduce('y', ada)).toBe(false);
    expect(introduce('l', { id: 'local', kind: 'local' })).toBe(false);
    expect(introduce('n', { id: 'anonymous', kind: 'anonymous' })).toBe(true);
  });
});
