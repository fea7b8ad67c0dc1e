// A network that fails as scripted: a TCP proxy between workers and a coordinator that takes WebSocket frames apart and
// delays, cuts, doubles or changes the ones it is told to.

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export type Direction = 'to coordinator' | 'to worker';

export type FaultKind =
  | 'delay'
  /** Half of the frame, then the end of the connection. */
  | 'cut within a frame'
  /** The connection ends before the frame. */
  | 'cut between frames'
  /** Half of the frame, then the frames behind it as if nothing had been. */
  | 'truncate'
  | 'duplicate'
  /** Neither it nor a later large frame of its direction goes on: a run can be seen at a moment that does not pass. */
  | 'hold'
  | 'flip a bit of the payload'
  | 'flip a bit of the header';

export interface Fault {
  readonly direction: Direction;
  readonly kind: FaultKind;
  /** Which large frame of its direction it is for, counted from 1 over all connections. */
  readonly frame: number;
}

/** Frames with at least so much payload are large: those that carry tensors. */
const largeFrame = 1_000;

/** Milliseconds that a delayed frame is late. */
const delay = 400;

/** Bytes of a gradswarm frame before its header; see shared/protocol/PROTOCOL.md. */
const prefixBytes = 12;

export interface FaultProxy {
  readonly url: string;
  /** The faults that have happened, in order. */
  readonly fired: readonly Fault[];
  /** Resolves when all have happened. */
  readonly allFired: Promise<void>;
  readonly close: () => Promise<void>;
}

export async function startFaultProxy(target: string, faults: readonly Fault[]): Promise<FaultProxy> {
  const { hostname, port } = new URL(target);
  const script = new Script(faults);
  const sockets = new Set<Socket>();
  const server: Server = createServer((worker) => {
    const coordinator = connect(Number(port), hostname);
    const cut = () => {
      worker.destroy();
      coordinator.destroy();
    };
    for (const socket of [worker, coordinator]) {
      sockets.add(socket.setNoDelay());
      // An error is followed by a close.
      socket.on('error', () => undefined);
      socket.on('close', cut);
    }
    new Pipe(worker, coordinator, 'to coordinator', script, cut);
    new Pipe(coordinator, worker, 'to worker', script, cut);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    fired: script.fired,
    allFired: script.allFired,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

class Script {
  readonly fired: Fault[] = [];
  readonly #faults: Fault[];
  readonly #frames = { 'to coordinator': 0, 'to worker': 0 };
  readonly #held = new Set<Direction>();

  readonly allFired: Promise<void>;
  #onAllFired = () => {};

  constructor(faults: readonly Fault[]) {
    this.#faults = [...faults];
    this.allFired = new Promise((resolve) => {
      this.#onAllFired = resolve;
    });
  }

  /** What is to happen to the next large frame of this direction. */
  next(direction: Direction): FaultKind | undefined {
    if (this.#held.has(direction)) return 'hold';
    this.#frames[direction] += 1;
    const index = this.#faults.findIndex(
      (fault) => fault.direction === direction && fault.frame <= this.#frames[direction],
    );
    const [fault] = index < 0 ? [] : this.#faults.splice(index, 1);
    if (fault !== undefined) this.fired.push(fault);
    if (fault?.kind === 'hold') this.#held.add(direction);
    if (this.#faults.length === 0) this.#onAllFired();
    return fault?.kind;
  }
}

/** One direction of one connection. */
class Pipe {
  readonly #to: Socket;
  readonly #direction: Direction;
  readonly #script: Script;
  readonly #cut: () => void;
  #isUpgraded = false;
  #waiting = Buffer.alloc(0);
  /** Everything is sent behind what was sent before. */
  #sent = Promise.resolve();

  constructor(from: Socket, to: Socket, direction: Direction, script: Script, cut: () => void) {
    this.#to = to;
    this.#direction = direction;
    this.#script = script;
    this.#cut = cut;
    from.on('data', (bytes) => this.#take(bytes));
  }

  #take(bytes: Buffer): void {
    this.#waiting = Buffer.concat([this.#waiting, bytes]);
    if (!this.#isUpgraded) {
      const end = this.#waiting.indexOf('\r\n\r\n');
      if (end < 0) return;
      this.#isUpgraded = true;
      this.#send(this.#shift(end + 4));
    }
    for (let frame = this.#nextFrame(); frame !== undefined; frame = this.#nextFrame()) this.#pass(frame);
  }

  /** The next whole WebSocket frame, and where its payload begins (RFC 6455, section 5.2). */
  #nextFrame(): { readonly bytes: Buffer; readonly payload: number } | undefined {
    const [, second] = this.#waiting;
    if (second === undefined) return undefined;
    const short = second & 0x7f;
    const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
    const payload = 2 + lengthBytes + (second & 0x80 ? 4 : 0);
    if (this.#waiting.length < payload) return undefined;
    const length =
      lengthBytes === 0 ? short : this.#waiting.readUIntBE(2 + Math.max(0, lengthBytes - 6), Math.min(6, lengthBytes));
    if (this.#waiting.length < payload + length) return undefined;
    return { bytes: this.#shift(payload + length), payload };
  }

  #shift(length: number): Buffer {
    const first = this.#waiting.subarray(0, length);
    this.#waiting = this.#waiting.subarray(length);
    return first;
  }

  #pass({ bytes, payload }: { readonly bytes: Buffer; readonly payload: number }): void {
    const kind = bytes.length - payload < largeFrame ? undefined : this.#script.next(this.#direction);
    const half = bytes.subarray(0, bytes.length >> 1);
    switch (kind) {
      case undefined:
        this.#send(bytes);
        break;
      case 'delay':
        this.#sent = this.#sent.then(() => new Promise((resolve) => setTimeout(resolve, delay)));
        this.#send(bytes);
        break;
      case 'cut within a frame':
        this.#send(half);
        this.#sent = this.#sent.then(this.#cut);
        break;
      case 'cut between frames':
        this.#sent = this.#sent.then(this.#cut);
        break;
      case 'truncate':
        this.#send(half);
        break;
      case 'duplicate':
        this.#send(bytes);
        this.#send(bytes);
        break;
      case 'hold':
        this.#sent = new Promise(() => undefined);
        break;
      case 'flip a bit of the payload':
        this.#send(withBitFlipped(bytes, bytes.length - 100));
        break;
      case 'flip a bit of the header':
        this.#send(withBitFlipped(bytes, payload + prefixBytes + 5));
        break;
      default:
        kind satisfies never;
    }
  }

  #send(bytes: Buffer): void {
    this.#sent = this.#sent.then(() => void this.#to.write(bytes));
  }
}

function withBitFlipped(bytes: Buffer, position: number): Buffer {
  const changed = Buffer.from(bytes);
  changed[position] = (changed[position] ?? 0) ^ 4;
  return changed;
}
