// The one port: WebSocket upgrades become worker connections, plain HTTP answers with the state of the run.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { InputError } from '../../shared/errors.ts';
import { type Limits, limitsOf } from '../connections/limits.ts';
import { type OnSocket, refuseUpgrade, WorkerSockets } from '../connections/worker_socket.ts';
import type { Pages } from './pages.ts';

export interface ServerOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** What `GET /status` answers, as JSON. */
  readonly status: () => unknown;
  /** Answers everything else. */
  readonly pages?: Pages;
  /** Those that are absent are the defaults. */
  readonly limits?: Partial<Limits>;
}

export interface CoordinatorServer {
  readonly port: number;
  /** Lets WebSockets in from now on; before, they are told to come back. */
  readonly admit: (onSocket: OnSocket) => void;
  /** Stops listening and cuts what is still connected. */
  readonly close: () => Promise<void>;
}

/** TCP connections besides those of workers: whoever watches keeps one, and loads the page by a few more. */
const maximumPageConnections = 4_000;

/** @throws {InputError} if the port is in use or not permitted, or a limit out of its range. */
export async function listen(options: ServerOptions): Promise<CoordinatorServer> {
  const http = createServer((request, response) => answer(request, response, options));
  const limits = limitsOf(options.limits);
  http.maxConnections = limits.connections + maximumPageConnections;
  const sockets = new WorkerSockets(limits);
  let onSocket: OnSocket | undefined;
  http.on('upgrade', (request, accepted, head) => {
    if (onSocket === undefined) refuseUpgrade(accepted);
    else sockets.upgrade(request, accepted, head, onSocket);
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
      return new InputError(`host ${host} is not an address of this machine: choose another with --host`);
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

async function closeAll(http: Server, sockets: WorkerSockets): Promise<void> {
  sockets.close();
  await new Promise((resolve) => {
    http.close(resolve);
    http.closeAllConnections();
  });
}
