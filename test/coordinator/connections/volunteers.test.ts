import { describe, expect, it } from 'vitest';
import { contributorIn, volunteerId } from '../../../coordinator/connections/volunteers.ts';
import type { Hello } from '../../../shared/protocol/messages.ts';
import { toCoordinatorSamples } from '../../shared/protocol/samples.ts';

const { volunteer: _, ...silent } = toCoordinatorSamples.hello;
const key = '0f'.repeat(16);
const hello = (volunteer: Hello['volunteer']): Hello => (volunteer === undefined ? silent : { ...silent, volunteer });

describe('whose a worker is', () => {
  it('is told by the key, which its id does not give away', () => {
    const contributor = contributorIn(hello({ key, name: 'Ada' }), 'worker');
    expect(contributor).toEqual({ id: volunteerId(key), kind: 'volunteer', name: 'Ada' });
    expect(JSON.stringify(contributor)).not.toContain(key);
    // printf 'gradswarm volunteer 0f0f…' | sha256sum
    expect(volunteerId(key)).toMatch(/^[0-9a-f]{16}$/);
    expect(volunteerId('0e'.repeat(16))).not.toBe(volunteerId(key));
  });

  it('has no name where nothing of it was fit', () => {
    expect(contributorIn(hello({ key, name: '' }), 'worker')).not.toHaveProperty('name');
  });

  it('is nobody in particular without a key, and the coordinator where its own processes say hello', () => {
    expect(contributorIn(hello(undefined), 'worker').kind).toBe('anonymous');
    expect(contributorIn(hello({ key }), 'local').kind).toBe('local');
  });
});
