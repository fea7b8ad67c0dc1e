// A file of events for TensorBoard in a run's folder: one for each process that trains in it, read in the order of their
// names. A disk that takes nothing is spoken of where checkpoints are written; what waits is written with what comes next.

import { join } from 'node:path';
import type { Disk } from './disk.ts';
import { type EventContent, encodeEvent } from './event_encoding.ts';

/** What TensorBoard finds its files by. */
const prefix = 'events.out.tfevents.';

/** Events that may wait for the disk; a run that has more loses the oldest. */
const maximumWaiting = 10_000;

export interface EventFileOptions {
  readonly folder: string;
  readonly disk: Disk;
  /** Seconds since 1970. */
  readonly time: () => number;
}

export class EventFile {
  readonly #options: EventFileOptions;
  /** Undefined until it has been made. */
  #file: string | undefined;
  /** Bytes of whole events in the file, and whether part of one may stand behind them. */
  #written = 0;
  #isTorn = false;
  #waiting: Buffer[] = [];
  #writing: Promise<void> = Promise.resolve();

  constructor(options: EventFileOptions) {
    this.#options = options;
    this.add(0, { type: 'version' });
  }

  /** To be written by the next `flush`. */
  add(step: number, content: EventContent): void {
    this.#waiting.push(encodeEvent({ time: this.#options.time(), step, content }));
    if (this.#waiting.length > maximumWaiting) this.#waiting.splice(1, 1);
  }

  /** Writes what waits, if the disk takes it. Never rejects. */
  flush(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write().catch(() => undefined));
    return this.#writing;
  }

  async #write(): Promise<void> {
    const events = this.#waiting;
    if (events.length === 0) return;
    const { disk } = this.#options;
    this.#file ??= await this.#create();
    if (this.#isTorn) await disk.truncate(this.#file, this.#written);
    const bytes = Buffer.concat(events);
    this.#isTorn = true;
    await disk.append(this.#file, bytes);
    this.#isTorn = false;
    this.#written += bytes.length;
    this.#waiting = this.#waiting.filter((event) => !events.includes(event));
  }

  /** Under a name behind those that are there. */
  async #create(): Promise<string> {
    const { folder, disk, time } = this.#options;
    const earlier = (await disk.list(folder)).filter((name) => name.startsWith(prefix)).length;
    const seconds = String(Math.floor(time())).padStart(10, '0');
    const file = join(folder, `${prefix}${seconds}.gradswarm.${earlier}`);
    await disk.create(file, new Uint8Array(0));
    return file;
  }
}
