// The sockets that workers connect by, from the request to upgrade on: admitted as long as there is room, and read as
// shared/node/web_socket.ts says.

import type { IncomingMessage } from 'node:http';
import { Socket, type SocketConstructorOpts } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws';
import {
  attach,
  createReadBuffer,
  passOn,
  readerInFrontOf,
  readInto,
  webSocketOptions,
} from '../../shared/node/web_socket.ts';
import { closeCodes, closeReason } from '../../shared/protocol/close_codes.ts';
import type { Connection, ConnectionHandlers } from '../../shared/protocol/connection.ts';
import type { WebSocketReader } from '../../shared/protocol/websocket_reader.ts';
import { Admission, type AdmissionLimits, type Place } from './admission.ts';
import { comeBack, Refusal, refuseSocket } from './refusal.ts';

/** Attaches the handlers to a socket that was accepted; to be called at once, or never. */
export type OpenSocket = (handlers: ConnectionHandlers) => Connection;

export type OnSocket = (open: OpenSocket, address: string) => void;

export interface UpgradeRequest {
  readonly request: IncomingMessage;
  /** The socket that it came by, and what came behind it. */
  readonly accepted: Duplex;
  readonly head: Buffer;
  /** Where it comes from. */
  readonly address: string;
}

/** Milliseconds that a closing handshake may take before the socket is cut. */
const closeTimeout = 2_000;

/** Milliseconds of silence after which the system begins to ask; ten questions, a second apart, without an answer end it. */
const keepAliveDelay = 10_000;

/** Connections that are being told in words that there are too many; more are told by an HTTP status, which costs less. */
const maximumRefusals = 100;

/** Reads are handed on before the next one begins, so all sockets can share; Windows alone begins them ahead. */
const sharedBuffer = process.platform === 'win32' ? undefined : createReadBuffer();

// closeTimeout is missing in the published types.
const serverOptions: ServerOptions & { readonly closeTimeout: number } = {
  ...webSocketOptions,
  noServer: true,
  closeTimeout,
};

export class WorkerSockets {
  readonly #server = new WebSocketServer(serverOptions);
  readonly #admission: Admission;
  #refusals = 0;

  constructor(limits: AdmissionLimits) {
    this.#admission = new Admission(limits);
    this.#server.on('wsClientError', (error, socket) => refuseSocket(socket, new Refusal(400, error.message)));
  }

  /** Answers a request to upgrade: with a refusal, or calling `onSocket` before this returns. */
  upgrade({ request, accepted, head, address }: UpgradeRequest, onSocket: OnSocket): void {
    const admittance = this.#admission.enter(address);
    if ('refusal' in admittance) {
      this.#refuse(request, accepted, head, admittance.refusal);
      return;
    }
    const { place } = admittance;
    accepted.once('close', place.leave);
    this.#upgrade(request, accepted, head, (webSocket, carrier, readInPieces) => {
      const open: OpenSocket = (handlers) => {
        readInPieces(handlers);
        // The system itself asks a silent peer whether it is there, even while that computes.
        if (carrier instanceof Socket) carrier.setKeepAlive(true, keepAliveDelay);
        return withPlace(attach(webSocket, carrier, handlers), place);
      };
      try {
        onSocket(open, address);
      } catch (error) {
        webSocket.terminate();
        throw error;
      }
    });
  }

  /** Cuts all connections. */
  close(): void {
    for (const client of this.#server.clients) client.terminate();
    this.#server.close();
  }

  /** A browser tells its page the reason of a close, but not the status of a response. */
  #refuse(request: IncomingMessage, accepted: Duplex, head: Buffer, refusal: string): void {
    if (this.#refusals >= maximumRefusals) {
      refuseSocket(accepted, comeBack(503, 10, refusal));
      return;
    }
    this.#refusals += 1;
    accepted.once('close', () => {
      this.#refusals -= 1;
    });
    this.#server.handleUpgrade(request, accepted, head, (webSocket) => {
      webSocket.on('error', () => undefined); // Its close follows.
      webSocket.close(closeCodes.tooMany, closeReason(refusal));
    });
  }

  #upgrade(request: IncomingMessage, accepted: Duplex, head: Buffer, onOpen: OnOpen): void {
    let reader: WebSocketReader | undefined;
    const moved = moveHandle(accepted, (bytes) => receive(bytes));
    const carrier = moved ?? accepted;
    const receive = (bytes: Uint8Array) => {
      if (reader === undefined) passOn(carrier, new Uint8Array(bytes));
      else reader.push(bytes);
    };
    this.#server.handleUpgrade(request, carrier, moved === undefined ? head : Buffer.alloc(0), (webSocket) => {
      onOpen(webSocket, carrier, (handlers) => {
        if (moved !== undefined) reader = readerInFrontOf(webSocket, carrier, handlers, true);
      });
    });
    if (moved !== undefined && head.length > 0) receive(head);
  }
}

type OnOpen = (webSocket: WebSocket, carrier: Duplex, readInPieces: (handlers: ConnectionHandlers) => void) => void;

function withPlace({ send, close }: Connection, { join }: Place): Connection {
  return { send, close, joined: join };
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
