// Those who watch a run: server-sent events (WHATWG HTML, section 9.2), at most a few a second, written once for all who may
// see the same. One who does not keep up misses updates and gets a new snapshot when it can take one.

import type { ServerResponse } from 'node:http';
import type { Clock } from '../../shared/clock.ts';
import type { WatchMessage } from '../../shared/watch/messages.ts';
import { comeBack } from '../connections/refusal.ts';
import type { Places } from './places.ts';
import type { Exchange } from './routes.ts';
import { type Viewer, viewerOf } from './viewers.ts';

/** Milliseconds between two updates. */
export const updateInterval = 500;

/** Bytes that may wait for one watcher. */
const maximumWaiting = 512 * 1024;

export interface WatchSource {
  /** Everything so far. */
  readonly snapshot: () => WatchMessage;
  /** What is new since the last call. */
  readonly update: () => WatchMessage;
  /** Of a message, what such a viewer may see. */
  readonly viewOf: (message: WatchMessage, viewer: Viewer) => WatchMessage;
}

export interface WatchersOptions {
  readonly clock: Clock;
  readonly places: Places;
}

/** An event as it is sent to such a viewer. */
type Encoded = (viewer: Viewer) => Buffer;

interface Watcher {
  readonly viewer: Viewer;
  /** Whether it has missed something. */
  isBehind: boolean;
}

export class Watchers {
  readonly #source: WatchSource;
  readonly #clock: Clock;
  readonly #places: Places;
  readonly #watchers = new Map<ServerResponse, Watcher>();
  /** What a newcomer is sent; undefined once there is news that it does not hold. */
  #snapshot: Encoded | undefined;
  /** Waits for the next update while somebody watches. */
  #cancelUpdate: (() => void) | undefined;

  constructor(source: WatchSource, { clock, places }: WatchersOptions) {
    this.#source = source;
    this.#clock = clock;
    this.#places = places;
  }

  get count(): number {
    return this.#watchers.size;
  }

  /** Answers a request to watch, for as long as the connection lasts. @throws {Refusal} if too many watch. */
  add({ response, caller, role }: Exchange): void {
    const leave = this.#places.take(caller.address);
    if (leave === undefined) throw comeBack(503, 30, 'too many watch already');
    response.once('close', leave);
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    const viewer = viewerOf(role);
    response.write(this.#snapshotForNewcomers()(viewer));
    this.#watchers.set(response, { viewer, isBehind: false });
    response.once('close', () => this.#remove(response));
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
    this.#snapshot = undefined;
  }

  /** The same for all who come between two updates. What it holds and the others have not been told they must be told now. */
  #snapshotForNewcomers(): Encoded {
    if (this.#snapshot === undefined) {
      this.#broadcast();
      this.#snapshot ??= this.#encode(this.#source.snapshot());
    }
    return this.#snapshot;
  }

  #broadcast(): void {
    const update = this.#encode(this.#source.update());
    this.#snapshot = undefined;
    for (const [response, watcher] of this.#watchers) {
      if (response.writableLength > maximumWaiting) {
        watcher.isBehind = true;
      } else if (watcher.isBehind) {
        this.#snapshot ??= this.#encode(this.#source.snapshot());
        response.write(this.#snapshot(watcher.viewer));
        watcher.isBehind = false;
      } else {
        response.write(update(watcher.viewer));
      }
    }
  }

  /** Written when the first such viewer is there, for all of them. */
  #encode(message: WatchMessage): Encoded {
    const written = new Map<Viewer, Buffer>();
    return (viewer) => {
      const known = written.get(viewer);
      if (known !== undefined) return known;
      const bytes = Buffer.from(`data: ${JSON.stringify(this.#source.viewOf(message, viewer))}\n\n`);
      written.set(viewer, bytes);
      return bytes;
    };
  }
}
