// Reads a certificate and its key again when they change. Whoever renews them writes one after the other, replaces files or
// the links to them: whatever happens in their folders is reason enough to look, a moment later.

import { type FSWatcher, watch } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock } from '../../shared/clock.ts';
import { InputError } from '../../shared/errors.ts';
import { readTlsPair, type TlsFiles, type TlsPair } from './tls_pair.ts';

export interface TlsRenewalOptions {
  readonly files: TlsFiles;
  /** The pair that is in use. */
  readonly pair: TlsPair;
  readonly clock: Clock;
  /** Another pair that fits. */
  readonly onRenewed: (pair: TlsPair) => void;
  /** Files that are no such pair, which changes nothing; or that can no longer be watched. */
  readonly onTrouble: (line: string) => void;
}

/** Milliseconds from the first change to the look, in which both files should be written. */
const settleTime = 1_000;

export class TlsRenewal {
  readonly #options: TlsRenewalOptions;
  readonly #watchers = new Map<string, FSWatcher>();
  #pair: TlsPair;
  #cancelLook: (() => void) | undefined;
  #looking: Promise<void> = Promise.resolve();
  #told: string | undefined;
  #isClosed = false;

  private constructor(options: TlsRenewalOptions) {
    this.#options = options;
    this.#pair = options.pair;
  }

  /** Watches from when this resolves. */
  static async start(options: TlsRenewalOptions): Promise<TlsRenewal> {
    const renewal = new TlsRenewal(options);
    await renewal.#watchFolders();
    return renewal;
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelLook?.();
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  /** Those of the files, and of what they link to: either may change. */
  async #watchFolders(): Promise<void> {
    const { certificate, key } = this.#options.files;
    const targets = await Promise.all([certificate, key].map((file) => realpath(file).catch(() => file)));
    if (this.#isClosed) return;
    for (const folder of new Set([certificate, key, ...targets].map(dirname))) this.#watch(folder);
  }

  #watch(folder: string): void {
    if (this.#watchers.has(folder)) return;
    const fail = (error: unknown) => {
      this.#watchers.get(folder)?.close();
      this.#watchers.delete(folder);
      const reason = error instanceof Error ? error.message : String(error);
      this.#tell(`a new TLS certificate in ${folder} will not be noticed: it cannot be watched (${reason})`);
    };
    try {
      const watcher = watch(folder, { persistent: false }, () => this.#onChange());
      watcher.on('error', fail);
      this.#watchers.set(folder, watcher);
    } catch (error) {
      fail(error);
    }
  }

  #onChange(): void {
    this.#cancelLook ??= this.#options.clock.schedule(settleTime, () => {
      this.#cancelLook = undefined;
      this.#looking = this.#looking.then(() => this.#look());
    });
  }

  async #look(): Promise<void> {
    try {
      await this.#watchFolders();
      const pair = await readTlsPair(this.#options.files);
      this.#told = undefined;
      if (this.#isClosed || (pair.cert === this.#pair.cert && pair.key === this.#pair.key)) return;
      this.#pair = pair;
      this.#options.onRenewed(pair);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      this.#tell(`${error.message}; the one that was read before stays in use`);
    }
  }

  /** Each line once, until things are right again. */
  #tell(line: string): void {
    if (this.#isClosed || this.#told === line) return;
    this.#told = line;
    this.#options.onTrouble(line);
  }
}
