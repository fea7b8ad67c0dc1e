// A short fuzz of HTTP, of the same seed each time; `npm run hostile -- --fuzz` is the long one.

import { describe, it } from 'vitest';
import { fuzzHttp } from './http_fuzz.ts';

describe('the coordinator', () => {
  it('goes on and throws nothing under mutated requests', async () => {
    await fuzzHttp({ seed: 1, inputs: 1_000 });
  });
});
