import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Disk } from '../../../coordinator/records/disk.ts';
import type { Processes, ProcessIdentity } from '../../../coordinator/records/processes.ts';
import { lockFile, RunLock, standingOf } from '../../../coordinator/records/run_lock.ts';
import { InputError } from '../../../shared/errors.ts';
import { MemoryDisk } from './memory_disk.ts';

const folder = 'run';
const path = lockFile(folder);
const identity = (pid: number, start = `start of ${pid}`): ProcessIdentity => ({
  pid,
  start,
  boot: 'now',
  host: 'here',
});

/** A machine on which those processes run, as the first of them sees it. */
function machine(own: ProcessIdentity, ...others: readonly ProcessIdentity[]): Processes {
  const all = [own, ...others];
  return { own: () => own, find: (pid) => all.find((process) => process.pid === pid) };
}

const acquire = (disk: Disk, processes: Processes) => RunLock.acquire(folder, disk, processes);
const textOn = (disk: MemoryDisk) => new TextDecoder().decode(disk.files.get(path));

/** A disk on which a process left its lock. */
async function diskLockedBy(holder: ProcessIdentity): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  await acquire(disk, machine(holder));
  return disk;
}

describe('standingOf', () => {
  const here = machine(identity(1), identity(7));

  it.each<[string, ProcessIdentity]>([
    ['running', identity(7)],
    ['running', identity(1)],
    ['gone', identity(8)],
    ['gone', identity(7, 'another start')],
    ['gone', { ...identity(7), boot: 'before' }],
    ['gone', { ...identity(8), boot: 'before' }],
    ['unknown', { ...identity(7), host: 'elsewhere' }],
    ['unknown', { ...identity(8), boot: 'before', host: 'elsewhere' }],
    // Where the system tells less, a process with that id is taken for the one.
    ['running', { pid: 7, host: 'here' }],
    ['gone', { pid: 8, host: 'here' }],
  ])('is %s for %o', (standing, holder) => {
    expect(standingOf(holder, here)).toBe(standing);
  });

  it('needs no more of this machine than the ids', () => {
    const terse: Processes = { own: () => ({ pid: 1, host: 'here' }), find: (pid) => (pid === 7 ? {} : undefined) };
    expect(standingOf(identity(7), terse)).toBe('running');
    expect(standingOf(identity(8), terse)).toBe('gone');
  });
});

describe('RunLock', () => {
  it('says who has the folder, and is gone without a trace once it is released', async () => {
    const disk = new MemoryDisk();
    const lock = await acquire(disk, machine(identity(1)));
    expect(JSON.parse(textOn(disk))).toMatchObject({ format: 'gradswarm lock', ...identity(1) });
    await lock.release();
    expect([...disk.files.keys()]).toEqual([]);
  });

  it('refuses a folder in which a process trains, and changes nothing', async () => {
    const disk = await diskLockedBy(identity(1));
    const before = textOn(disk);
    await expect(acquire(disk, machine(identity(2), identity(1)))).rejects.toThrow(
      new InputError(
        'run folder run: process 1 trains in it; stop that one first, or resume to another folder with --run',
      ),
    );
    expect([...disk.files.keys()]).toEqual([path]);
    expect(textOn(disk)).toBe(before);
    await expect(acquire(disk, machine(identity(1)))).rejects.toThrow('process 1 trains in it');
  });

  it('takes the place of a lock whose process is gone', async () => {
    const disk = await diskLockedBy(identity(1));
    const lock = await acquire(disk, machine(identity(2)));
    expect(JSON.parse(textOn(disk))).toMatchObject(identity(2));
    expect([...disk.files.keys()]).toEqual([path]);
    await lock.release();
    expect(disk.files.size).toBe(0);
  });

  it('refuses a lock from another machine, telling what to do, in plain text', async () => {
    const disk = await diskLockedBy({ ...identity(1), host: 'far\u001b[31m\u009baway' });
    await expect(acquire(disk, machine(identity(1)))).rejects.toThrow(
      new InputError(
        `run folder run: locked by process 1 on far[31maway, which cannot be seen from here; if it is gone, delete ${path}`,
      ),
    );
  });

  it.each([
    ['empty', '', /the lock: line 1, column 1: expected a value, found the end/],
    ['cut short', '{"format":"gradswarm lock","version":1}', /the lock's pid is malformed/],
    ['too long', ' '.repeat(5000), /the lock has 5000 bytes/],
  ])('refuses a lock that is %s', async (_, text, reason) => {
    const disk = new MemoryDisk();
    disk.files.set(path, new TextEncoder().encode(text));
    const error = await acquire(disk, machine(identity(1))).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(InputError);
    expect(String(error)).toMatch(reason);
    expect(String(error)).toMatch(/; if no coordinator trains in it, delete run\/run\.lock$/);
  });

  it('leaves a lock alone that is not its own any more', async () => {
    const disk = new MemoryDisk();
    const lock = await acquire(disk, machine(identity(1)));
    disk.files.delete(path);
    await acquire(disk, machine(identity(2)));
    await lock.release();
    expect(JSON.parse(textOn(disk))).toMatchObject(identity(2));
  });

  it('says why the folder cannot be locked', async () => {
    const disk = new MemoryDisk();
    disk.capacity = 10;
    await expect(acquire(disk, machine(identity(1)))).rejects.toThrow('run folder run: cannot be locked (ENOSPC)');
    expect(disk.files.size).toBe(0);
  });

  it('works on a file system without hard links', async () => {
    const disk = await diskLockedBy(identity(1));
    disk.link = async () => {
      throw Object.assign(new Error('scripted'), { code: 'EPERM' });
    };
    await acquire(disk, machine(identity(2)));
    await expect(acquire(disk, machine(identity(3), identity(2)))).rejects.toThrow('process 2 trains in it');
    expect([...disk.files.keys()]).toEqual([path]);
  });
});

/** Processes that want one folder at once, some of them killed on the way, every step of each in an order that is drawn. */
class Contest {
  readonly disk = new MemoryDisk();
  readonly holders = new Set<number>();
  readonly refused: number[] = [];
  readonly #alive = new Map<number, ProcessIdentity>();
  readonly #scheduler: fc.Scheduler;
  mostHolders = 0;

  constructor(scheduler: fc.Scheduler) {
    this.#scheduler = scheduler;
  }

  /** Resolves once it has the folder, is refused or dead. @param lifetime what it does with the disk until it is killed */
  enter(pid: number, lifetime = Number.POSITIVE_INFINITY): Promise<void> {
    return new Promise((die, fail) => {
      this.#compete(pid, lifetime, die).then(die, fail);
    });
  }

  async #compete(pid: number, lifetime: number, die: () => void): Promise<void> {
    const own = identity(pid);
    this.#alive.set(pid, own);
    const processes = { own: () => own, find: (id: number) => this.#alive.get(id) };
    try {
      await acquire(this.#diskOf(pid, lifetime, die), processes);
      this.holders.add(pid);
      this.mostHolders = Math.max(this.mostHolders, this.holders.size);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      this.refused.push(pid);
      this.#alive.delete(pid);
    }
  }

  #diskOf(pid: number, lifetime: number, die: () => void): Disk {
    let left = lifetime;
    const step =
      <Arguments extends readonly unknown[], Result>(name: string, run: (...given: Arguments) => Promise<Result>) =>
      async (...given: Arguments): Promise<Result> => {
        await this.#scheduler.schedule(Promise.resolve(), `${pid}: ${name}`);
        if (left-- > 0) return run(...given);
        this.#alive.delete(pid);
        die();
        return new Promise(() => undefined);
      };
    const { disk } = this;
    return {
      ...disk,
      create: step('create', disk.create),
      sync: step('sync', disk.sync),
      link: step('link', disk.link),
      remove: step('remove', disk.remove),
      read: step('read', disk.read),
    };
  }
}

describe('of processes that want a folder at once', () => {
  it.each(['free', 'left by one that is gone'])(
    'exactly one gets it, be it %s, in any order of what they do',
    async (state) => {
      await fc.assert(
        fc.asyncProperty(fc.scheduler(), fc.integer({ min: 2, max: 5 }), async (scheduler, count) => {
          const contest = new Contest(scheduler);
          if (state !== 'free') await acquire(contest.disk, machine(identity(99)));
          const entered = Promise.all(Array.from({ length: count }, (_, index) => contest.enter(index + 1)));
          await scheduler.waitFor(entered);
          expect(contest.holders.size).toBe(1);
          expect(contest.refused).toHaveLength(count - 1);
          expect([...contest.disk.files.keys()]).toEqual([path]);
        }),
        { numRuns: 300 },
      );
    },
  );

  it('never two get it, and one gets it afterwards, whenever some of them are killed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.nat(25), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 3 }),
        async (scheduler, lifetimes, survivors) => {
          const contest = new Contest(scheduler);
          await acquire(contest.disk, machine(identity(99)));
          const mortal = lifetimes.map((lifetime, index) => contest.enter(10 + index, lifetime));
          const others = Array.from({ length: survivors }, (_, index) => contest.enter(1 + index));
          await scheduler.waitFor(Promise.all([...mortal, ...others]));
          expect(contest.mostHolders).toBeLessThanOrEqual(1);
          if (contest.mostHolders === 1) return;
          // All of those who had a right to it were killed.
          await scheduler.waitFor(contest.enter(50));
          expect([...contest.holders]).toEqual([50]);
        },
      ),
      { numRuns: 500 },
    );
  });
});
