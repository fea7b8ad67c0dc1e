// Appends to a run's ledger off the hot path: lines gather in memory and are written together. If the disk is full they
// wait there, up to a limit.

import type { Clock } from '../../shared/clock.ts';
import { InputError } from '../../shared/errors.ts';
import type { Disk } from './disk.ts';
import { emptyChain, encodeRecord, type LedgerRecord, readLedger } from './ledger.ts';

/** Lines that may wait for the disk, in bytes: some 100,000 steps. */
const maximumWaiting = 32 * 1024 * 1024;

/** Milliseconds that a line may wait before it is written. */
const flushInterval = 250;

export interface LedgerWriterOptions {
  readonly file: string;
  readonly disk: Disk;
  readonly clock: Clock;
  /** Writing began to fail, works again, or was given up: a line for people. */
  readonly onTrouble: (line: string) => void;
}

export class LedgerWriter {
  readonly #options: LedgerWriterOptions;
  #chain: string;
  /** Bytes of whole lines in the file. */
  #written: number;
  #lines: string[] = [];
  #waitingBytes = 0;
  /** Lines ever added, and those of them that are in the file. */
  #addedLines = 0;
  #writtenLines = 0;
  #writing: Promise<void> | undefined;
  #cancelFlush: (() => void) | undefined;
  /** What the disk says, while writing fails. */
  #failing: string | undefined;
  /** True if part of a line may stand behind what was written. */
  #torn = false;
  #givenUp = false;

  private constructor(options: LedgerWriterOptions, chain: string, written: number) {
    this.#options = options;
    this.#chain = chain;
    this.#written = written;
  }

  /** Begins a new ledger. @throws {InputError} if the file cannot be made, or exists. */
  static async create(options: LedgerWriterOptions): Promise<LedgerWriter> {
    const { file, disk } = options;
    await disk.create(file, new Uint8Array(0)).catch((error: NodeJS.ErrnoException) => {
      throw new InputError(`ledger ${file}: cannot be made (${error.code ?? error.message})`);
    });
    return new LedgerWriter(options, emptyChain, 0);
  }

  /**
   * Goes on with a ledger, behind its last whole line; also gives what stands in it.
   * @throws {InputError} if a line is not what was written.
   */
  static async resume(
    options: LedgerWriterOptions,
  ): Promise<{ readonly writer: LedgerWriter; readonly records: readonly LedgerRecord[] }> {
    const { file, disk } = options;
    const content = await disk.read(file);
    const { records, bytes, chain, broken } = readLedger(content);
    if (broken !== undefined) {
      throw new InputError(`ledger ${file}, line ${broken.line}: ${broken.reason}; gradswarm replay tells more`);
    }
    if (bytes < content.length) await disk.truncate(file, bytes);
    return { writer: new LedgerWriter(options, chain, bytes), records };
  }

  add(record: LedgerRecord): void {
    if (this.#givenUp) return;
    const { line, chain } = encodeRecord(record, this.#chain);
    this.#chain = chain;
    this.#lines.push(line);
    this.#addedLines += 1;
    this.#waitingBytes += line.length + 1;
    if (this.#waitingBytes <= maximumWaiting) {
      this.#cancelFlush ??= this.#options.clock.schedule(flushInterval, () => void this.flush());
      return;
    }
    this.#givenUp = true;
    this.#lines = [];
    this.#options.onTrouble(`ledger ${this.#options.file}: given up, too much waits to be written; training goes on`);
  }

  /** Writes what waits. Never rejects: what could not be written is tried again the next time. */
  async flush(): Promise<void> {
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
    await this.#writing;
  }

  /** Makes everything added so far durable. @throws {Error} if that cannot be done. */
  async sync(): Promise<void> {
    const wanted = this.#addedLines;
    await this.#writing;
    if (this.#writtenLines < wanted) await this.flush();
    if (this.#givenUp) return;
    if (this.#writtenLines < wanted) {
      throw Object.assign(new Error('the ledger cannot be written'), { code: this.#failing });
    }
    await this.#options.disk.sync(this.#options.file);
  }

  async #write(): Promise<void> {
    const lines = this.#lines;
    if (lines.length === 0) return;
    this.#lines = [];
    const bytes = new TextEncoder().encode(`${lines.join('\n')}\n`);
    const { file, disk, onTrouble } = this.#options;
    try {
      if (this.#torn) await disk.truncate(file, this.#written);
      this.#torn = true;
      await disk.append(file, bytes);
      this.#torn = false;
      this.#written += bytes.length;
      this.#writtenLines += lines.length;
      this.#waitingBytes -= bytes.length;
      if (this.#failing !== undefined) onTrouble(`ledger ${file} can be written again`);
      this.#failing = undefined;
    } catch (error) {
      this.#lines = [...lines, ...this.#lines];
      const { code, message } = error as NodeJS.ErrnoException;
      if (this.#failing === undefined) {
        onTrouble(`ledger ${file} could not be written (${code ?? message}); training goes on`);
      }
      this.#failing = code ?? message;
    }
  }
}
