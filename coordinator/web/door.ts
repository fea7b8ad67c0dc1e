// What listens on the port: an HTTP server, or one behind TLS. With TLS, whoever speaks plain HTTP is told so: a browser
// tries it first.

import { createServer as createHttpServer, type Server as PlainServer } from 'node:http';
import { createServer as createHttpsServer, type Server as SecureServer } from 'node:https';
import { createServer, type Server, type Socket } from 'node:net';
import type { Limits } from '../connections/limits.ts';
import { Refusal, refuseSocket } from '../connections/refusal.ts';
import type { TlsPair } from './tls_pair.ts';

export type HttpServer = PlainServer | SecureServer;

export interface Door {
  /** Accepts TCP connections. */
  readonly listener: Server;
  /** Drops those from where nobody is welcome just now, before anything is made of them; to be called when it listens. */
  readonly screen: (isWelcome: (address: string) => boolean) => void;
  /** Reads requests. */
  readonly http: HttpServer;
  /** What `http` emits for a connection whose requests it reads. */
  readonly connectionEvent: 'connection' | 'secureConnection';
  /** To be called with each connection that may stay. */
  readonly letIn: (socket: Socket) => void;
  /** To be called with each one that may not. */
  readonly turnAway: (socket: Socket, refusal: Refusal) => void;
  /** Shows another certificate from now on. */
  readonly renew: (pair: TlsPair) => void;
  /** Stops listening and cuts what is connected. */
  readonly close: () => Promise<void>;
}

/** Connections beyond the limit that are told so; any more are closed without a word. */
const toldConnections = 100;

/** The first byte of a TLS handshake. */
const handshake = 22;

/** @param pair what it proves itself by; without it it speaks no TLS */
export function createDoor(pair: TlsPair | undefined, limits: Limits): Door {
  const door = pair === undefined ? plainDoor(limits) : secureDoor(pair, limits);
  // Whom the counting could not even tell so.
  door.listener.maxConnections = limits.tcpConnections + toldConnections;
  return door;
}

function httpOptions({ requestSeconds, idleSeconds }: Limits) {
  return {
    headersTimeout: 1000 * requestSeconds,
    requestTimeout: 1000 * requestSeconds,
    connectionsCheckingInterval: Math.min(1_000, 250 * requestSeconds),
    keepAliveTimeout: 1000 * idleSeconds,
    // It is asked for where it can be answered like everything else.
    requireHostHeader: false,
  };
}

function plainDoor(limits: Limits): Door {
  const http = createHttpServer(httpOptions(limits));
  const letIn = (socket: Socket) => {
    http.emit('connection', socket);
    socket.resume();
  };
  return { ...createListener(http, true), http, connectionEvent: 'connection', letIn, renew: () => undefined };
}

function secureDoor({ cert, key }: TlsPair, limits: Limits): Door {
  const patience = 1000 * limits.requestSeconds;
  const options = { cert, key, minVersion: 'TLSv1.2', handshakeTimeout: patience } as const;
  const http = createHttpsServer({ ...httpOptions(limits), ...options });
  // A handshake that failed: nothing could be said to the other side.
  http.on('tlsClientError', (_error, socket) => socket.destroy());
  return {
    ...createListener(http, false),
    http,
    connectionEvent: 'secureConnection',
    letIn: (socket) => sort(socket, http, patience),
    turnAway: (socket) => socket.destroy(),
    renew: (next) => http.setSecureContext({ ...options, cert: next.cert, key: next.key }),
  };
}

/**
 * What accepts connections for an HTTP server, and reads nothing of them before they are let in.
 * @param allowHalfOpen whether whoever has said all is still answered: in plain HTTP he may end his side, in TLS never
 */
function createListener(
  http: HttpServer,
  allowHalfOpen: boolean,
): Pick<Door, 'listener' | 'screen' | 'turnAway' | 'close'> {
  const listener = createServer({ pauseOnConnect: true, allowHalfOpen, noDelay: true });
  const connected = new Set<Socket>();
  listener.on('connection', (socket) => {
    connected.add(socket);
    socket.once('close', () => connected.delete(socket));
  });
  // An HTTP server that does not listen itself watches over slow requests only once it is told that it does.
  listener.once('listening', () => http.emit('listening'));
  const close = () =>
    new Promise<void>((resolve) => {
      http.close();
      listener.close(() => resolve());
      for (const socket of connected) socket.destroy();
    });
  return { listener, screen: (isWelcome) => screen(listener, isWelcome), turnAway: refuseSocket, close };
}

/**
 * Asks about each connection that is accepted before it costs a socket, which is most of what it costs: Node offers that
 * through the undocumented handle alone. Where this is not there, nobody is asked.
 */
function screen(listener: Server, isWelcome: (address: string) => boolean): void {
  const { _handle: handle } = listener as unknown as { readonly _handle?: AcceptingHandle | null };
  const accept = handle?.onconnection;
  if (typeof accept !== 'function') return;
  Object.assign(handle as object, {
    onconnection(this: AcceptingHandle, failure: number, connection?: AcceptedHandle) {
      const peer: { address?: string } = {};
      connection?.getpeername?.(peer);
      if (connection === undefined || peer.address === undefined || isWelcome(peer.address)) {
        Reflect.apply(accept, this, [failure, connection]);
      } else {
        connection.close();
      }
    },
  });
}

interface AcceptingHandle {
  readonly onconnection?: unknown;
}

interface AcceptedHandle {
  readonly getpeername?: (into: { address?: string }) => number;
  readonly close: () => void;
}

/** Hands a connection that begins with a handshake to TLS. */
function sort(socket: Socket, http: SecureServer, patience: number): void {
  const giveUp = () => socket.destroy();
  socket.setTimeout(patience, giveUp);
  socket.once('readable', () => {
    socket.setTimeout(0, giveUp);
    const first: Buffer | null = socket.read(1);
    if (first === null) {
      socket.destroy();
      return;
    }
    socket.unshift(first);
    if (first[0] === handshake) http.emit('connection', socket);
    else refuseSocket(socket, new Refusal(426, 'TLS is spoken here: https:// or wss://', { upgrade: 'TLS/1.2' }));
  });
}
