// The sockets that workers connect by, from the request to upgrade on: admitted as long as there is room, and read as
// shared/node/web_socket.ts says.

import type { IncomingMessage } from 'node:http';
import { Socket, type SocketConstructorOpts } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws';
import {
  attach,
  createReadBuffer,
  divert,
  passOn,
  readerInFrontOf,
  readInto,
  webSocketOptions,
} from '../../shared/node/web_socket.ts';
import { closeCodes, closeReason, crowdedReason, isBlame } from '../../shared/protocol/close_codes.ts';
import type { Connection, ConnectionHandlers } from '../../shared/protocol/connection.ts';
import type { WebSocketReader } from '../../shared/protocol/websocket_reader.ts';
import { Admission, type AdmissionLimits, type Denial, type Place } from './admission.ts';
import { LeakyBucket } from './leaky_bucket.ts';
import { comeBack, Refusal, refuseSocket } from './refusal.ts';
import { TroubleLog } from './trouble_log.ts';

/** Attaches the handlers to a socket that was accepted; to be called at once, or never. */
export type OpenSocket = (handlers: ConnectionHandlers) => Connection;

export type OnSocket = (open: OpenSocket, address: string) => void;

/** Milliseconds that a closing handshake may take before the socket is cut. */
const closeTimeout = 2_000;

/** Milliseconds of silence after which the system begins to ask; ten questions, a second apart, without an answer end it. */
const keepAliveDelay = 10_000;

/**
 * Connections that are being told in words that there are too many, at a time and by the second; more are told by an HTTP
 * status, which costs less.
 */
const maximumRefusals = 100;

/** Whoever has left so many bytes unread will not read either why he is cut off. */
const unreadableBacklog = 256 * 1024;

/**
 * Bytes that are still read of whoever is heard no more, for a socket that is cut with bytes unread loses the last words to
 * the other side. Whoever goes on after that waits for the cut.
 */
const mostThrownAway = 1024 * 1024;

/** Reads are handed on before the next one begins, so all sockets can share; Windows alone begins them ahead. */
const sharedBuffer = process.platform === 'win32' ? undefined : createReadBuffer();

// closeTimeout is missing in the published types.
const serverOptions: ServerOptions & { readonly closeTimeout: number } = {
  ...webSocketOptions,
  noServer: true,
  closeTimeout,
};

/** A request to upgrade. */
export interface UpgradeRequest {
  readonly request: IncomingMessage;
  readonly accepted: Duplex;
  /** What came with it. */
  readonly head: Buffer;
  /** Of whoever asks, which may be behind a proxy. */
  readonly address: string;
}

export interface WorkerSocketsOptions {
  readonly limits: AdmissionLimits;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** One line for the operator. */
  readonly onNotice: (line: string) => void;
  /** Something failed that should not have, and a socket with it. */
  readonly onFailed: (what: string, error: unknown) => void;
}

/** A socket that speaks WebSocket now. */
interface Opened {
  readonly webSocket: WebSocket;
  readonly carrier: Duplex;
  /** Reads its frames in pieces from here on. */
  readonly read: (handlers: ConnectionHandlers) => WebSocketReader;
}

export class WorkerSockets {
  readonly #options: WorkerSocketsOptions;
  readonly #server = new WebSocketServer(serverOptions);
  readonly #admission: Admission;
  readonly #notices: TroubleLog;
  readonly #refusals = { atATime: 0, byTime: new LeakyBucket(maximumRefusals) };

  constructor(options: WorkerSocketsOptions) {
    this.#options = options;
    this.#admission = new Admission(options.limits);
    this.#notices = new TroubleLog(options.onNotice);
    this.#server.on('wsClientError', (error, socket) => refuseSocket(socket, new Refusal(400, error.message)));
  }

  /** Answers a request to upgrade: with a refusal, or calling `onSocket` before this returns. */
  upgrade(upgrade: UpgradeRequest, onSocket: OnSocket): void {
    const { request, accepted, address } = upgrade;
    const isBrowser = request.headers.origin !== undefined;
    const admittance = this.#admission.enter({ address, isBrowser }, this.#options.now());
    if ('denial' in admittance) {
      this.#refuse(upgrade, admittance.denial);
      return;
    }
    const { place } = admittance;
    accepted.once('close', place.leave);
    this.#open(upgrade, (opened) => {
      const blame = () => place.blame(this.#options.now());
      onSocket((handlers) => connectionOf(opened, handlers, { ...place, blame }), address);
    });
  }

  /** Cuts all connections. */
  close(): void {
    for (const client of this.#server.clients) client.terminate();
    this.#server.close();
  }

  /** A browser tells its page the reason of a close, but not the status of a response. */
  #refuse(upgrade: UpgradeRequest, { reason, wait }: Denial): void {
    const { accepted, address } = upgrade;
    const now = this.#options.now();
    this.#notices.tell('refused', `a connection from ${address} was refused: ${reason}`, now);
    const { atATime, byTime } = this.#refusals;
    if (atATime >= maximumRefusals || !byTime.add(1, now)) {
      refuseSocket(accepted, comeBack(503, Math.ceil(wait / 1000), reason));
      return;
    }
    this.#refusals.atATime += 1;
    accepted.once('close', () => {
      this.#refusals.atATime -= 1;
    });
    this.#open(upgrade, (opened) => {
      connectionOf(opened, deaf, nobody).close(closeCodes.tooMany, closeReason(crowdedReason(reason, wait)));
    });
  }

  #open({ request, accepted, head }: UpgradeRequest, onOpen: (opened: Opened) => void): void {
    let take = (bytes: Uint8Array) => passOn(carrier, new Uint8Array(bytes));
    const receive = (bytes: Uint8Array) => {
      try {
        take(bytes);
      } catch (error) {
        // The last resort: whatever fails is this peer's end, and nobody else's.
        carrier.destroy();
        this.#options.onFailed('the connection of a worker was dropped', error);
      }
    };
    const moved = moveHandle(accepted, receive);
    const carrier = moved ?? accepted;
    carrier.on('error', ignore);
    const read = (webSocket: WebSocket, handlers: ConnectionHandlers) => {
      const toWebSocket = moved === undefined ? divert(carrier, receive) : take;
      const reader = readerInFrontOf(webSocket, handlers, { masked: true, passOn: toWebSocket });
      take = (bytes) => {
        handlers.onRead?.(bytes.length);
        reader.push(bytes);
        handlers.onReadEnd?.();
        if (reader.thrownAway > mostThrownAway) carrier.pause();
      };
      return reader;
    };
    try {
      this.#server.handleUpgrade(request, carrier, nothing, (webSocket) => {
        onOpen({ webSocket, carrier, read: (handlers) => read(webSocket, handlers) });
      });
    } catch (error) {
      carrier.destroy();
      throw error;
    }
    if (head.length > 0) receive(head);
  }
}

const nothing = Buffer.alloc(0);

function ignore(): void {
  // An error is followed by a close, which tells all that matters.
}

/** What becomes of the place of a connection. */
type Fate = Pick<Place, 'join'> & { readonly blame: () => void };

/** Of whoever has none. */
const nobody: Fate = { join: () => undefined, blame: () => undefined };

/** Of whoever is heard in nothing. */
const deaf: ConnectionHandlers = {
  onFrame: () => undefined,
  onFrameStart: () => undefined,
  onFramePiece: () => undefined,
  onRefused: () => undefined,
  onClosed: () => undefined,
};

/** The connection over an open socket; whoever is closed for what he did is heard no more, and waits longer next time. */
function connectionOf({ webSocket, carrier, read }: Opened, handlers: ConnectionHandlers, fate: Fate): Connection {
  const reader = read(handlers);
  // The system itself asks a silent peer whether it is there, even while that computes.
  if (carrier instanceof Socket) carrier.setKeepAlive(true, keepAliveDelay);
  const { send, close } = attach(webSocket, carrier, handlers);
  let isBlamed = false;
  const closeForGood = (code: number, reason: string) => {
    if (isBlamed) return;
    isBlamed = true;
    fate.blame();
    reader.stop();
    if (carrier.writableLength > unreadableBacklog) webSocket.terminate();
    close(code, reason);
    carrier.end();
  };
  return {
    send,
    joined: fate.join,
    close: (code, reason) => (isBlame(code) ? closeForGood(code, reason) : close(code, reason)),
  };
}

/**
 * A socket in place of an accepted one, that reads into the buffer above: Node offers `onread` for sockets that it
 * connects, for accepted ones only through the undocumented handle. Undefined if this is not there.
 */
function moveHandle(accepted: Duplex, onBytes: (bytes: Uint8Array) => void): Socket | undefined {
  if (!(accepted instanceof Socket) || accepted.constructor !== Socket) return undefined;
  const holder = accepted as unknown as { _handle?: { readonly useUserBuffer?: unknown } | null };
  const handle = holder._handle;
  if (typeof handle?.useUserBuffer !== 'function') return undefined;
  accepted.pause();
  accepted.setTimeout(0);
  holder._handle = null;
  const options = { handle, allowHalfOpen: true, onread: readInto(sharedBuffer ?? createReadBuffer(), onBytes) };
  const socket = new Socket(options as SocketConstructorOpts);
  // The HTTP server counts the accepted one: it cannot close before that does.
  socket.once('close', () => accepted.destroy());
  return socket;
}
