// The one port: WebSocket upgrades become worker connections, plain HTTP answers with the state of the run.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ServerOptions as ServerOptionsOfWs, WebSocketServer } from 'ws';
import { InputError } from '../../shared/errors.ts';
import { maximumFrameBytes } from '../../shared/protocol/limits.ts';
import { type OpenSocket, upgrade } from '../connections/worker_socket.ts';
import type { Pages } from './pages.ts';

export interface ServerOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** What `GET /status` answers, as JSON. */
  readonly status: () => unknown;
  /** Answers everything else. */
  readonly pages?: Pages;
}

export type OnSocket = (open: OpenSocket, address: string) => void;

export interface CoordinatorServer {
  readonly port: number;
  /** Lets WebSockets in from now on; before, they are told to come back. */
  readonly admit: (onSocket: OnSocket) => void;
  /** Stops listening and cuts what is still connected. */
  readonly close: () => Promise<void>;
}

/** Milliseconds that a closing handshake may take before the socket is cut. */
const closeTimeout = 2_000;

// closeTimeout is missing in the published types.
const webSocketOptions: ServerOptionsOfWs & { readonly closeTimeout: number } = {
  noServer: true,
  perMessageDeflate: false,
  maxPayload: maximumFrameBytes,
  skipUTF8Validation: true,
  closeTimeout,
};

/** @throws {InputError} if the port is in use or not permitted. */
export async function listen(options: ServerOptions): Promise<CoordinatorServer> {
  const http = createServer((request, response) => answer(request, response, options));
  const sockets = new WebSocketServer(webSocketOptions);
  let onSocket: OnSocket | undefined;
  http.on('upgrade', (request, accepted, head) => {
    const address = request.socket.remoteAddress ?? 'unknown';
    if (onSocket === undefined) accepted.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n');
    else upgrade(sockets, request, accepted, head, (open) => onSocket?.(open, address));
  });
  await start(http, options);
  return {
    port: (http.address() as AddressInfo).port,
    admit: (admitted) => {
      onSocket = admitted;
    },
    close: () => closeAll(http, sockets),
  };
}

function start(http: Server, { host, port }: ServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
    http.listen({ host, port, backlog: 1024 }, resolve);
  });
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  switch (error.code) {
    case 'EADDRINUSE':
      return new InputError(`port ${port} is in use: choose another with --port, or --port 0 for any free one`);
    case 'EACCES':
      return new InputError(`port ${port} may not be opened by this user: choose one above 1023 with --port`);
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new InputError(`host ${host} is no address of this machine: choose another with --host`);
    default:
      return error;
  }
}

function answer(request: IncomingMessage, response: ServerResponse, { status, pages }: ServerOptions): void {
  if (request.url !== '/status') {
    if (pages === undefined) response.writeHead(404).end('not found\n');
    else pages(request, response);
    return;
  }
  response.writeHead(200, {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(request.method === 'HEAD' ? undefined : JSON.stringify(status()));
}

async function closeAll(http: Server, sockets: WebSocketServer): Promise<void> {
  for (const socket of sockets.clients) socket.terminate();
  sockets.close();
  await new Promise((resolve) => {
    http.close(resolve);
    http.closeAllConnections();
  });
}
