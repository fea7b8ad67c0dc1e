// A TCP connection in an attacker's hands: it writes whatever it likes, reads when it likes, and leaves as it likes.

import { connect, type Socket } from 'node:net';
import type { Target } from '../attack.ts';

/**
 * Where the attacker comes from. Honest workers come from 127.0.0.1: what a limit by address does to attackers must not
 * touch them. Each attack comes from another machine, for whoever was closed for what it did is held off.
 */
export const attacker = { address: '127.2.0.1' };

/** Lets the next attack come from elsewhere. */
export function moveOn(attack: number): void {
  attacker.address = `127.2.${(attack >> 8) & 0xff}.${attack & 0xff || 1}`;
}

/** One of many machines that an attacker has. */
export function addressOf(machine: number): string {
  return `127.1.${(machine >> 8) & 0xff}.${machine & 0xff || 1}`;
}

export class RawConnection {
  readonly socket: Socket;
  /** Resolves when the connection is gone, however it went. */
  readonly closed: Promise<void>;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #onBytes: () => void = () => undefined;
  #isClosed = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (bytes) => {
      this.#bytes += bytes.length;
      // What is of interest comes first; an attacker need not keep a model.
      if (this.#bytes < 1 << 20) this.#chunks.push(bytes);
      this.#onBytes();
    });
    socket.on('error', () => undefined); // Its close follows.
    this.closed = new Promise((resolve) =>
      socket.once('close', () => {
        this.#isClosed = true;
        resolve();
        this.#onBytes();
      }),
    );
  }

  /** @throws {Error} if nobody accepts the connection. */
  static async open({ host, port }: Target, from = attacker.address): Promise<RawConnection> {
    const socket = connect({ host, port, localAddress: from });
    socket.setNoDelay(true);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', () => resolve());
      socket.once('error', reject);
    });
    return new RawConnection(socket);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Bytes received so far. */
  get received(): number {
    return this.#bytes;
  }

  write(bytes: string | Uint8Array): boolean {
    if (this.socket.destroyed || !this.socket.writable) return false;
    return typeof bytes === 'string' ? this.socket.write(bytes, 'latin1') : this.socket.write(bytes);
  }

  /** Resolves once what was written is with the system, or can never be. */
  async drained(): Promise<void> {
    const { socket } = this;
    // A turn at least: where the system takes all at once, news of the end would otherwise never be read.
    await new Promise(setImmediate);
    if (socket.writableLength === 0 || socket.destroyed) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        socket.off('drain', done);
        socket.off('close', done);
        resolve();
      };
      socket.once('drain', done);
      socket.once('close', done);
    });
  }

  /**
   * What `find` first finds in the first megabyte of what has been and will be received; undefined if the connection
   * ends without it.
   */
  async until<Found>(find: (received: Buffer) => Found | undefined): Promise<Found | undefined> {
    for (;;) {
      const isOver = this.#isClosed;
      const found = find(Buffer.concat(this.#chunks));
      if (found !== undefined || isOver) return found;
      await new Promise<void>((resolve) => {
        this.#onBytes = resolve;
      });
    }
  }

  /** Leaves with a reset instead of a farewell. */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  close(): void {
    this.socket.destroy();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
