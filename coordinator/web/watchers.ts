// Those who watch a run: server-sent events (WHATWG HTML, section 9.2), at most a few a second, written once for all. One
// who does not keep up misses updates and gets a new snapshot when it can take one.

import type { ServerResponse } from 'node:http';
import type { Clock } from '../../shared/clock.ts';
import { systemClock } from '../../shared/node/system_clock.ts';
import type { WatchMessage } from '../../shared/watch/messages.ts';

/** Milliseconds between two updates. */
export const updateInterval = 500;

/** Bytes that may wait for one watcher. */
const maximumWaiting = 512 * 1024;

/** More than these are told to come back later. */
const maximumWatchers = 1_000;

export interface WatchSource {
  readonly snapshot: () => WatchMessage;
  readonly update: () => WatchMessage;
}

export class Watchers {
  readonly #source: WatchSource;
  /** Whether each has missed something. */
  readonly #watchers = new Map<ServerResponse, { isBehind: boolean }>();
  readonly #clock: Clock;
  /** Waits for the next update while somebody watches. */
  #cancelUpdate: (() => void) | undefined;

  constructor(source: WatchSource, clock: Clock = systemClock) {
    this.#source = source;
    this.#clock = clock;
  }

  get count(): number {
    return this.#watchers.size;
  }

  /** Answers a request to watch, for as long as the connection lasts. */
  add(response: ServerResponse): void {
    if (this.#watchers.size >= maximumWatchers) {
      response.writeHead(503, { 'retry-after': '30' }).end('too many watch already\n');
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    // Whatever was not told yet is in the snapshot: the others must have it too.
    this.#broadcast();
    response.write(encode(this.#source.snapshot()));
    this.#watchers.set(response, { isBehind: false });
    response.on('close', () => this.#remove(response));
    if (this.#cancelUpdate === undefined) this.#scheduleUpdate();
  }

  /** Sends the last state and ends all connections. */
  close(): void {
    this.#broadcast();
    for (const response of this.#watchers.keys()) response.end();
    this.#watchers.clear();
    this.#cancelUpdate?.();
  }

  #scheduleUpdate(): void {
    this.#cancelUpdate = this.#clock.schedule(updateInterval, () => {
      this.#scheduleUpdate();
      this.#broadcast();
    });
  }

  #remove(response: ServerResponse): void {
    this.#watchers.delete(response);
    if (this.#watchers.size > 0) return;
    this.#cancelUpdate?.();
    this.#cancelUpdate = undefined;
  }

  #broadcast(): void {
    const update = encode(this.#source.update());
    let snapshot: string | undefined;
    for (const [response, watcher] of this.#watchers) {
      if (response.writableLength > maximumWaiting) {
        watcher.isBehind = true;
      } else if (watcher.isBehind) {
        snapshot ??= encode(this.#source.snapshot());
        response.write(snapshot);
        watcher.isBehind = false;
      } else {
        response.write(update);
      }
    }
  }
}

function encode(message: WatchMessage): string {
  return `data: ${JSON.stringify(message)}\n\n`;
}
