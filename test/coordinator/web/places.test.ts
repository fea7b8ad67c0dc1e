import { describe, expect, it } from 'vitest';
import { Places } from '../../../coordinator/web/places.ts';

describe('places', () => {
  it('are as many as there are in all, and one more when one is given back, once', () => {
    const places = new Places(2, 2);
    const leave = places.take('10.0.0.1');
    places.take('10.0.0.2');
    expect(places.take('10.0.0.3')).toBeUndefined();
    leave?.();
    leave?.();
    expect(places.taken).toBe(1);
    expect(places.take('10.0.0.3')).toBeDefined();
    expect(places.take('10.0.0.3')).toBeUndefined();
  });

  it('are as many as one source may have', () => {
    const places = new Places(10, 1);
    expect(places.take('10.0.0.1')).toBeDefined();
    expect(places.take('::ffff:10.0.0.1')).toBeUndefined();
    expect(places.take('10.0.0.2')).toBeDefined();
  });
});
