import { describe, expect, it } from 'vitest';
import { pathForWorkers } from '../../../shared/protocol/worker_path.ts';

describe('the path for workers', () => {
  it.each([
    ['/', '/worker'],
    ['', '/worker'],
    ['/prefix', '/prefix/worker'],
    ['/prefix/', '/prefix/worker'],
    ['/worker', '/worker'],
    ['/prefix/worker/', '/prefix/worker'],
    ['/workers', '/workers/worker'],
  ])('of %j is %j', (path, expected) => {
    expect(pathForWorkers(path)).toBe(expected);
  });
});
