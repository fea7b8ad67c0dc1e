import { describe, expect, it } from 'vitest';
import { Census } from '../../../coordinator/connections/census.ts';

describe('Census', () => {
  it('counts in all and by source, and forgets whom it counts no more', () => {
    const census = new Census();
    for (const source of ['a', 'b', 'a']) census.add(source);
    expect([census.size, census.at('a'), census.at('b'), census.at('c')]).toEqual([3, 2, 1, 0]);
    for (const source of ['a', 'b', 'a']) census.remove(source);
    expect([census.size, census.at('a'), census.at('b')]).toEqual([0, 0, 0]);
  });
});
