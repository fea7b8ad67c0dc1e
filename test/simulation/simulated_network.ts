// Connections between simulated machines: frames arrive in order, after a while, or never.

import type { OpenSocket } from '../../coordinator/connections/worker_socket.ts';
import type { Connection, ConnectionHandlers } from '../../shared/protocol/connection.ts';
import type { VirtualTime } from './virtual_time.ts';

/** Where frames arrive: a machine takes them one at a time, when it is able to. */
export interface Machine {
  /** Runs the task when the machine is free, unless it is dead by then. */
  readonly run: (task: () => void) => void;
  /** When what it is doing now is done: what it sends leaves then. */
  readonly freeAt: () => number;
}

/** Changes what is sent: gives the frames that arrive instead. */
export type Tamper = (frame: Uint8Array) => readonly Uint8Array[];

export interface LinkOptions {
  readonly time: VirtualTime;
  readonly worker: Machine;
  readonly coordinator: Machine;
  /** Milliseconds one way, drawn anew for each frame. */
  readonly latency: () => number;
  readonly tamper: { readonly up: Tamper; readonly down: Tamper };
}

const abnormal = 1006;

/** One end of a link. */
class End implements Connection {
  handlers: ConnectionHandlers | undefined;
  readonly #link: Link;
  readonly #machine: Machine;
  readonly #tamper: Tamper;
  other: End | undefined;
  /** Frames to this end arrive no earlier than the one before. */
  arrivesAt = 0;
  closed = false;

  constructor(link: Link, machine: Machine, tamper: Tamper) {
    this.#link = link;
    this.#machine = machine;
    this.#tamper = tamper;
  }

  send(frames: readonly Uint8Array[], onSent: () => void): void {
    const { other } = this;
    if (this.closed || other === undefined) {
      onSent();
      return;
    }
    const leavesAt = this.#machine.freeAt();
    for (const frame of frames) {
      // A copy: the sender may use the memory again at once.
      for (const arriving of this.#tamper(new Uint8Array(frame))) {
        this.#link.deliver(other, leavesAt, () => other.handlers?.onFrame(arriving));
      }
    }
    // A machine that does not read lets the queues before it fill up; what is lost on the way was taken over all the same.
    if (this.#link.silent) this.#link.time.at(leavesAt, onSent);
    else this.#link.deliver(other, leavesAt, onSent);
  }

  close(code: number, reason: string): void {
    if (this.closed) return;
    const { other } = this;
    if (other !== undefined) this.#link.deliver(other, this.#machine.freeAt(), () => other.finish(code, reason));
    this.#link.time.after(1_000, () => this.#machine.run(() => this.finish(code, reason)));
  }

  finish(code: number, reason: string): void {
    if (this.closed) return;
    this.closed = true;
    this.handlers?.onClosed(code, reason);
    const { other } = this;
    if (other !== undefined) this.#link.deliver(other, this.#machine.freeAt(), () => other.finish(code, reason));
  }

  run(task: () => void): void {
    this.#machine.run(task);
  }
}

export class Link {
  readonly time: VirtualTime;
  readonly #options: LinkOptions;
  readonly #workerEnd: End;
  readonly #coordinatorEnd: End;
  /** While true, whatever is sent is lost, and nobody is told. */
  silent = false;

  constructor(options: LinkOptions) {
    this.time = options.time;
    this.#options = options;
    this.#workerEnd = new End(this, options.worker, options.tamper.up);
    this.#coordinatorEnd = new End(this, options.coordinator, options.tamper.down);
    this.#workerEnd.other = this.#coordinatorEnd;
    this.#coordinatorEnd.other = this.#workerEnd;
  }

  /** For the coordinator's `accept`. */
  readonly open: OpenSocket = (handlers) => {
    this.#coordinatorEnd.handlers = handlers;
    return this.#coordinatorEnd;
  };

  connectWorker(handlers: ConnectionHandlers): Connection {
    this.#workerEnd.handlers = handlers;
    return this.#workerEnd;
  }

  /** The connection breaks, as both sides learn sooner or later. */
  cut(): void {
    for (const end of [this.#workerEnd, this.#coordinatorEnd]) {
      this.deliver(end, this.time.now, () => end.finish(abnormal, ''));
    }
  }

  deliver(end: End, leavesAt: number, task: () => void): void {
    if (this.silent) return;
    end.arrivesAt = Math.max(end.arrivesAt, leavesAt + this.#options.latency());
    this.time.at(end.arrivesAt, () => {
      if (!end.closed) end.run(task);
    });
  }
}
