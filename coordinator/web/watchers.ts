// Those who watch a run: server-sent events (WHATWG HTML, section 9.2), at most a few a second, written once for all who may
// see the same. One who does not keep up misses updates and gets a new snapshot when it can take one.

import type { ServerResponse } from 'node:http';
import type { Clock } from '../../shared/clock.ts';
import type { RunMessage, WatchMessage, WeightsMessage } from '../../shared/watch/messages.ts';
import { comeBack } from '../connections/refusal.ts';
import type { Places } from './places.ts';
import type { Exchange } from './routes.ts';
import type { Viewer } from './viewers.ts';

/** Milliseconds between two updates. */
export const updateInterval = 500;

/** Bytes that may wait for one watcher. */
const maximumWaiting = 512 * 1024;

/** Milliseconds that watchers have to take the last event. */
const lastPatience = 2_000;

export interface WatchSource {
  /** Everything so far. */
  readonly snapshot: () => RunMessage;
  /** What is new since the last call. */
  readonly update: () => RunMessage;
  /** Of a message, what such a viewer may see. */
  readonly viewOf: (message: RunMessage, viewer: Viewer) => RunMessage;
}

export interface WatchersOptions {
  readonly clock: Clock;
  readonly places: Places;
  /** As whom somebody watches. */
  readonly viewerOf: (exchange: Exchange) => Viewer;
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
  readonly #viewerOf: WatchersOptions['viewerOf'];
  readonly #watchers = new Map<ServerResponse, Watcher>();
  /** What a newcomer is sent; undefined once there is news that it does not hold. */
  #snapshot: Encoded | undefined;
  /** Waits for the next update while somebody watches. */
  #cancelUpdate: (() => void) | undefined;

  constructor(source: WatchSource, { clock, places, viewerOf }: WatchersOptions) {
    this.#viewerOf = viewerOf;
    this.#source = source;
    this.#clock = clock;
    this.#places = places;
  }

  get count(): number {
    return this.#watchers.size;
  }

  /** Answers a request to watch, for as long as the connection lasts. @throws {Refusal} if too many watch. */
  add(exchange: Exchange): void {
    const { response, caller } = exchange;
    const leave = this.#places.take(caller.address);
    if (leave === undefined) throw comeBack(503, 30, 'too many watch already');
    response.once('close', leave);
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    const viewer = this.#viewerOf(exchange);
    response.write(this.#snapshotForNewcomers()(viewer));
    this.#watchers.set(response, { viewer, isBehind: false });
    response.once('close', () => this.#remove(response));
    if (this.#cancelUpdate === undefined) this.#scheduleUpdate();
  }

  /** Sends the last state, and another event if there is one, and ends all connections, when they have taken it. */
  async close(last?: WeightsMessage): Promise<void> {
    this.#broadcast();
    this.#cancelUpdate?.();
    const bytes = last === undefined ? undefined : encodeEvent(last);
    const taken = [...this.#watchers].map(([response, { isBehind }]) => {
      return new Promise<void>((resolve) => {
        response.once('close', resolve);
        response.end(isBehind ? undefined : bytes, resolve);
      });
    });
    this.#watchers.clear();
    if (taken.length === 0) return;
    let cancel = (): void => undefined;
    const late = new Promise<void>((resolve) => {
      cancel = this.#clock.schedule(lastPatience, resolve);
    });
    await Promise.race([Promise.all(taken), late]);
    cancel();
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
  #encode(message: RunMessage): Encoded {
    const written = new Map<Viewer, Buffer>();
    return (viewer) => {
      const known = written.get(viewer);
      if (known !== undefined) return known;
      const bytes = encodeEvent(this.#source.viewOf(message, viewer));
      written.set(viewer, bytes);
      return bytes;
    };
  }
}

function encodeEvent(message: WatchMessage): Buffer {
  return Buffer.from(`data: ${JSON.stringify(message)}\n\n`);
}
