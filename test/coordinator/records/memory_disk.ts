// A disk in memory that can be made to fail.

import type { Disk } from '../../../coordinator/records/disk.ts';

function failure(code: string): Error {
  return Object.assign(new Error(`scripted ${code}`), { code });
}

export class MemoryDisk implements Disk {
  readonly files = new Map<string, Uint8Array>();
  /** What was done, in order. */
  readonly log: string[] = [];
  /** Bytes that fit on it. */
  capacity = Number.POSITIVE_INFINITY;
  /** Operations that fail the next time, with a code. */
  readonly failing = new Map<keyof Disk, string>();

  makeFolder = async (): Promise<void> => undefined;

  create = async (path: string, bytes: Uint8Array): Promise<void> => {
    this.#begin('create', path);
    if (this.files.has(path)) throw failure('EEXIST');
    this.#write(path, new Uint8Array(0), bytes);
  };

  append = async (path: string, bytes: Uint8Array): Promise<void> => {
    this.#begin('append', path);
    this.#write(path, this.#content(path), bytes);
  };

  truncate = async (path: string, bytes: number): Promise<void> => {
    this.#begin('truncate', path);
    this.files.set(path, this.#content(path).slice(0, bytes));
  };

  sync = async (path: string): Promise<void> => {
    this.#begin('sync', path);
    this.#content(path);
  };

  syncFolder = async (path: string): Promise<void> => this.#begin('syncFolder', path);

  rename = async (from: string, to: string): Promise<void> => {
    this.#begin('rename', to);
    this.files.set(to, this.#content(from));
    this.files.delete(from);
  };

  link = async (from: string, to: string): Promise<void> => {
    this.#begin('link', to);
    if (this.files.has(to)) throw failure('EEXIST');
    this.files.set(to, this.#content(from));
  };

  remove = async (path: string): Promise<void> => {
    this.#begin('remove', path);
    this.files.delete(path);
  };

  list = async (path: string): Promise<readonly string[]> =>
    [...this.files.keys()].filter((file) => file.startsWith(`${path}/`)).map((file) => file.slice(path.length + 1));

  read = async (path: string): Promise<Uint8Array> => this.#content(path);

  #content(path: string): Uint8Array {
    const content = this.files.get(path);
    if (content === undefined) throw failure('ENOENT');
    return content;
  }

  /** Writes as much as fits, as a disk does. */
  #write(path: string, before: Uint8Array, bytes: Uint8Array): void {
    let used = 0;
    for (const content of this.files.values()) used += content.length;
    const fitting = Math.max(0, Math.min(bytes.length, this.capacity - used));
    const content = new Uint8Array(before.length + fitting);
    content.set(before);
    content.set(bytes.subarray(0, fitting), before.length);
    this.files.set(path, content);
    if (fitting < bytes.length) throw failure('ENOSPC');
  }

  #begin(operation: keyof Disk, path: string): void {
    this.log.push(`${operation} ${path.replace(/\.[0-9a-f]{8}\.tmp$/, '.tmp')}`);
    const code = this.failing.get(operation);
    if (code === undefined) return;
    this.failing.delete(operation);
    throw failure(code);
  }
}
