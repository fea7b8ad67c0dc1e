// One coordinator, one run: a file in the run's folder that says which process trains in it. A process that ends without a
// word leaves it behind; then it is stale, and the next one takes it away.
//
// A lock is made whole at once, and only where there is none. Whoever finds it stale may take it away only while holding
// a second lock, which is named after the stale one's nonce, and after reading the first again: so what is taken away is
// that stale lock and never one that was made in the meantime, however many begin at once. A lock for taking away can
// itself be left behind; it is replaced in the same way.

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import * as v from 'valibot';
import { InputError } from '../../shared/errors.ts';
import { parseJson } from '../../shared/json/parse.ts';
import { plainText } from '../../shared/protocol/plain_text.ts';
import { createFileWhole } from './atomic_write.ts';
import type { Disk } from './disk.ts';
import type { Processes, ProcessIdentity } from './processes.ts';

/** How often it is tried anew when locks come and go between two looks: each time somebody else was quicker. */
const maximumAttempts = 100;

const maximumBytes = 4096;

const text = v.pipe(v.string(), v.nonEmpty());

const lockSchema = v.strictObject({
  format: v.literal('gradswarm lock'),
  version: v.literal(1),
  pid: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  start: v.exactOptional(text),
  boot: v.exactOptional(text),
  host: text,
  /** Tells this lock from every other there ever was. */
  nonce: v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/)),
});

type Lock = v.InferOutput<typeof lockSchema>;

const lockName = 'run.lock';

export function lockFile(folder: string): string {
  return join(folder, lockName);
}

/** Whether a file in a run's folder is its lock, or on the way to be one. */
export function isLockName(name: string): boolean {
  return name === lockName || name.startsWith(`${lockName}.`);
}

/** What became of the process that left a lock; `unknown`: it is, or was, on another machine. */
export type Standing = 'running' | 'gone' | 'unknown';

export function standingOf(holder: ProcessIdentity, { own, find }: Processes): Standing {
  const here = own();
  if (holder.host !== here.host) return 'unknown';
  if (differ(holder.boot, here.boot)) return 'gone';
  const found = find(holder.pid);
  return found === undefined || differ(holder.start, found.start) ? 'gone' : 'running';
}

/** Two texts that are both known. */
function differ(one: string | undefined, other: string | undefined): boolean {
  return one !== undefined && other !== undefined && one !== other;
}

/** What became of the process that holds a run's folder; undefined if none does, or its lock cannot be read. */
export async function holderStanding(folder: string, disk: Disk, processes: Processes): Promise<Standing | undefined> {
  const holder = await read(lockFile(folder), disk).catch(() => undefined);
  return holder === undefined ? undefined : standingOf(holder, processes);
}

/** A run's folder, held by this process until it is released. */
export class RunLock {
  readonly #path: string;
  readonly #nonce: string;
  readonly #disk: Disk;

  private constructor(path: string, nonce: string, disk: Disk) {
    this.#path = path;
    this.#nonce = nonce;
    this.#disk = disk;
  }

  /**
   * Takes the folder, which exists.
   * @throws {InputError} naming the process that holds it, or why it cannot be had; nothing in the folder has changed then.
   */
  static async acquire(folder: string, disk: Disk, processes: Processes): Promise<RunLock> {
    const path = lockFile(folder);
    try {
      return new RunLock(path, await new Locksmith(folder, disk, processes).claim(path), disk);
    } catch (error) {
      if (error instanceof InputError) throw error;
      const { code, message } = error as NodeJS.ErrnoException;
      throw new InputError(`run folder ${folder}: cannot be locked (${code ?? message})`);
    }
  }

  /** Gives the folder back; does nothing if that cannot be done, for a lock of a process that is gone is stale. */
  async release(): Promise<void> {
    const { nonce } = (await read(this.#path, this.#disk).catch(() => undefined)) ?? {};
    if (nonce === this.#nonce) await this.#disk.remove(this.#path).catch(() => undefined);
  }
}

class Locksmith {
  readonly #folder: string;
  readonly #disk: Disk;
  readonly #processes: Processes;

  constructor(folder: string, disk: Disk, processes: Processes) {
    this.#folder = folder;
    this.#disk = disk;
    this.#processes = processes;
  }

  /** Makes a lock, if need be in place of a stale one; its nonce. */
  async claim(path: string): Promise<string> {
    for (let attempt = 0; attempt < maximumAttempts; attempt++) {
      const nonce = randomBytes(8).toString('hex');
      if (await this.#create(path, nonce)) return nonce;
      const found = await read(path, this.#disk).catch((error: unknown) => this.#unreadable(path, error));
      if (found === undefined) continue;
      const standing = standingOf(found, this.#processes);
      if (standing !== 'gone') this.#refuse(path, found, standing);
      await this.#takeAway(path, found);
    }
    throw new InputError(`run folder ${this.#folder}: cannot be locked, for others come and go in it all the time`);
  }

  /** Whether it could be made: not if there is one. */
  async #create(path: string, nonce: string): Promise<boolean> {
    const lock: Lock = { format: 'gradswarm lock', version: 1, ...this.#processes.own(), nonce };
    try {
      await createFileWhole(path, new TextEncoder().encode(`${JSON.stringify(lock)}\n`), this.#disk);
      return true;
    } catch (error) {
      // ENOENT: whoever holds the lock by now has tidied up what was about to become ours.
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EEXIST' || code === 'ENOENT') return false;
      throw error;
    }
  }

  async #takeAway(path: string, stale: Lock): Promise<void> {
    const permit = `${path}.${stale.nonce}`;
    await this.claim(permit);
    try {
      const now = await read(path, this.#disk);
      if (now?.nonce === stale.nonce) await this.#disk.remove(path);
    } finally {
      await this.#disk.remove(permit);
    }
  }

  #refuse(path: string, { pid, host }: Lock, standing: 'running' | 'unknown'): never {
    const place = `run folder ${this.#folder}`;
    if (standing === 'running') {
      throw new InputError(
        `${place}: process ${pid} trains in it; stop that one first, or resume to another folder with --run`,
      );
    }
    throw new InputError(
      `${place}: locked by process ${pid} on ${plainText(host)}, which cannot be seen from here; if it is gone, delete ${path}`,
    );
  }

  #unreadable(path: string, error: unknown): never {
    const reason = error instanceof InputError ? error.message : (error as NodeJS.ErrnoException).code;
    throw new InputError(
      `run folder ${this.#folder}: locked, but ${reason}; if no coordinator trains in it, delete ${path}`,
    );
  }
}

/** Undefined if there is none. @throws {InputError} if it is not a lock of ours. */
async function read(path: string, disk: Disk): Promise<Lock | undefined> {
  let bytes: Uint8Array;
  try {
    bytes = await disk.read(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  if (bytes.length > maximumBytes) throw new InputError(`the lock has ${bytes.length} bytes`);
  const parsed = v.safeParse(lockSchema, parseJson(new TextDecoder().decode(bytes), 'the lock'));
  if (parsed.success) return parsed.output;
  throw new InputError(`the lock's ${plainText(v.getDotPath(parsed.issues[0]) ?? 'format')} is malformed`);
}
