// How many threads are of use in this process: as many as its processors, or as many as its container may use at once.

import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

/** Reads a file; undefined where there is none. */
type ReadText = (path: string) => string | undefined;

/**
 * Processors that this process may use at once: those that it may run on, but no more than the whole ones in the quota of
 * any control group that it is in, and at least 1.
 */
export function availableThreads(processors = availableParallelism(), read: ReadText = readText): number {
  return Math.max(1, Math.min(processors, Math.floor(cpuQuota(read) ?? processors)));
}

/** The least quota of the control groups that this process is in, in processors; undefined where none is set. */
function cpuQuota(read: ReadText): number | undefined {
  const quotas = (read('/proc/self/cgroup') ?? '').split('\n').flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) return [];
    if (controllers === '') return foldersFrom('/sys/fs/cgroup', path).map((folder) => unifiedQuota(folder, read));
    if (!controllers.split(',').includes('cpu')) return [];
    return foldersFrom('/sys/fs/cgroup/cpu', path).map((folder) => legacyQuota(folder, read));
  });
  const set = quotas.filter((quota) => quota !== undefined);
  return set.length === 0 ? undefined : Math.min(...set);
}

/** The folders of a group and of all that it is in. Inside a container its own group may be mounted as the root. */
function foldersFrom(root: string, path: string): readonly string[] {
  const names = path.split('/').filter((name) => name !== '');
  return Array.from({ length: names.length + 1 }, (_, depth) => join(root, ...names.slice(0, depth)));
}

/** `cpu.max` of version 2: `quota period`, where the quota may be `max` (Linux, Documentation/admin-guide/cgroup-v2.rst). */
function unifiedQuota(folder: string, read: ReadText): number | undefined {
  const [quota, period] = (read(join(folder, 'cpu.max')) ?? '').trim().split(' ');
  return ratio(quota, period);
}

/** The same of version 1, where the quota may be −1 (Linux, Documentation/scheduler/sched-bwc.rst). */
function legacyQuota(folder: string, read: ReadText): number | undefined {
  return ratio(read(join(folder, 'cpu.cfs_quota_us')), read(join(folder, 'cpu.cfs_period_us')));
}

function ratio(quota: string | undefined, period: string | undefined): number | undefined {
  const value = Number(quota) / Number(period);
  return value > 0 && Number.isFinite(value) ? value : undefined;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined; // Not Linux, or no such controller.
  }
}
