// What HTTP's connections are busy with. Each has one answer at a time; one that is not taken, by bits or within the time
// that a slow link would need for it, is cut off with its connection. Pure but for the sockets that it looks at.

import type { Clock } from '../../shared/clock.ts';
import { slowestLink } from '../../shared/protocol/limits.ts';

/** What there is to see of a socket. */
export interface WatchedSocket {
  readonly bytesWritten: number;
  /** Bytes that the system has not taken over. */
  readonly writableLength: number;
  readonly destroy: () => unknown;
}

interface Connection {
  isAnswering: boolean;
  /** Bytes that the system had taken over when that was last seen to change. */
  taken: number;
  takenAt: number;
  /** When the answer must be taken; undefined if it has no known size. */
  dueAt: number | undefined;
}

/** Milliseconds between two looks. */
const lookInterval = 1_000;

export class HttpConnections {
  readonly #clock: Clock;
  /** Milliseconds in which some of an answer must be taken. */
  readonly #patience: number;
  readonly #connections = new Map<object, Connection & { readonly socket: WatchedSocket }>();
  #cancelLook: (() => void) | undefined;

  constructor(clock: Clock, patience: number) {
    this.#clock = clock;
    this.#patience = patience;
  }

  open(socket: WatchedSocket): void {
    const state = { isAnswering: false, taken: 0, takenAt: this.#clock.now(), dueAt: undefined };
    this.#connections.set(socket, { socket, ...state });
    if (this.#cancelLook === undefined) this.#scheduleLook();
  }

  isAnswering(socket: object): boolean {
    return this.#connections.get(socket)?.isAnswering ?? false;
  }

  beginAnswer(socket: object): void {
    const connection = this.#connections.get(socket);
    if (connection !== undefined) connection.isAnswering = true;
  }

  /** The answer has so many bytes. */
  expectAnswer(socket: object, bytes: number): void {
    const connection = this.#connections.get(socket);
    if (connection === undefined) return;
    connection.dueAt = this.#clock.now() + this.#patience + bytes / slowestLink;
  }

  endAnswer(socket: object): void {
    const connection = this.#connections.get(socket);
    if (connection !== undefined) Object.assign(connection, { isAnswering: false, dueAt: undefined });
  }

  /** The connection was closed, or is HTTP's no longer. */
  close(socket: object): void {
    this.#connections.delete(socket);
    if (this.#connections.size > 0) return;
    this.#cancelLook?.();
    this.#cancelLook = undefined;
  }

  #scheduleLook(): void {
    this.#cancelLook = this.#clock.schedule(lookInterval, () => {
      this.#scheduleLook();
      const now = this.#clock.now();
      for (const connection of this.#connections.values()) this.#look(connection, connection.socket, now);
    });
  }

  #look(connection: Connection, socket: WatchedSocket, now: number): void {
    const taken = socket.bytesWritten - socket.writableLength;
    if (socket.writableLength === 0 || taken !== connection.taken) {
      connection.taken = taken;
      connection.takenAt = now;
    }
    const isStuck = now - connection.takenAt >= this.#patience;
    if (isStuck || (connection.dueAt !== undefined && now >= connection.dueAt)) socket.destroy();
  }
}
