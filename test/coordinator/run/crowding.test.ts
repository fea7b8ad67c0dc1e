import { describe, expect, it } from 'vitest';
import { Crowding } from '../../../coordinator/run/crowding.ts';

const job = { units: 4, batchSize: 100, microbatchSize: 25 };

describe('Crowding', () => {
  it('says when more have joined than can be busy, and what to change', () => {
    const crowding = new Crowding(job);
    expect(crowding.look(4)).toBeUndefined();
    expect(crowding.look(5)).toMatch(/^5 workers have joined, but a step of this job has 4 units of work/);
  });

  it('says so again only when they are twice as many', () => {
    const crowding = new Crowding(job);
    crowding.look(6);
    expect(crowding.look(5)).toBeUndefined();
    expect(crowding.look(12)).toBeUndefined();
    expect(crowding.look(13)).toMatch(/^13 workers/);
  });
});
