// A short fuzz of a worker's conversation, of the same seeds each time.

import { expect, it } from 'vitest';
import { fuzzConversation } from './conversation_fuzz.ts';
import { mostGrowth } from './fuzz/watch.ts';

it.each([1, 2])('a worker ends every conversation in order under mutated frames, seed %i', async (seed) => {
  const { conversations, contributions, growth } = await fuzzConversation({ seed, inputs: 3_000 });
  expect(conversations).toBeGreaterThan(100);
  expect(contributions).toBeGreaterThan(100);
  expect(growth).toBeLessThan(mostGrowth);
});
