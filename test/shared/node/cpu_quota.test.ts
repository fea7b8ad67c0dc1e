import { describe, expect, it } from 'vitest';
import { availableThreads } from '../../../shared/node/cpu_quota.ts';

/** A machine of 8 processors with these files. */
function threadsWith(files: Readonly<Record<string, string>>): number {
  return availableThreads(8, (path) => files[path]);
}

describe('availableThreads', () => {
  it.each<[string, number, Readonly<Record<string, string>>]>([
    ['no control group', 8, {}],
    ['no quota', 8, { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': 'max 100000\n' }],
    ['a quota of 2.5', 2, { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': '250000 100000\n' }],
    ['one of a half', 1, { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': '50000 100000\n' }],
    ['one of more than there are', 8, { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': '1600000 100000\n' }],
    [
      'the least of those that it is in',
      3,
      {
        '/proc/self/cgroup': '0::/slice/one\n',
        '/sys/fs/cgroup/slice/cpu.max': '300000 100000\n',
        '/sys/fs/cgroup/slice/one/cpu.max': '400000 100000\n',
      },
    ],
    [
      'one of version 1',
      4,
      {
        '/proc/self/cgroup': '5:memory:/box\n4:cpu,cpuacct:/box\n',
        '/sys/fs/cgroup/cpu/box/cpu.cfs_quota_us': '400000\n',
        '/sys/fs/cgroup/cpu/box/cpu.cfs_period_us': '100000\n',
        '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1\n',
        '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
      },
    ],
  ])('with %s', (_, threads, files) => {
    expect(threadsWith(files)).toBe(threads);
  });

  it('finds one at least here', () => {
    expect(availableThreads()).toBeGreaterThanOrEqual(1);
  });
});
