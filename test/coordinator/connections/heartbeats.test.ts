import { describe, expect, it } from 'vitest';
import { Heartbeats } from '../../../coordinator/connections/heartbeats.ts';

function sent(count: number): Heartbeats {
  const heartbeats = new Heartbeats();
  for (let index = 1; index <= count; index++) expect(heartbeats.next()).toBe(index);
  return heartbeats;
}

describe('Heartbeats', () => {
  it('come back in order', () => {
    const heartbeats = sent(3);
    for (const beat of [1, 2, 3]) heartbeats.take(beat);
    expect(heartbeats.sent).toBe(3);
  });

  it.each([
    ['that was never sent', [4], 'heartbeat 4 was never sent'],
    ['twice', [1, 1], 'heartbeat 1 came back after 1'],
    ['out of order', [2, 1], 'heartbeat 1 came back after 2'],
    ['zero', [0], 'heartbeat 0 came back after 0'],
  ])('are refused: one %s', (_, beats, reason) => {
    const heartbeats = sent(3);
    expect(() => {
      for (const beat of beats) heartbeats.take(beat);
    }).toThrow(reason);
  });
});
