// The one port: WebSocket upgrades become worker connections, plain HTTP is answered by routes. Whatever comes in, no
// exception gets out of here, and no socket is without a listener for its errors.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Clock } from '../../shared/clock.ts';
import type { Access } from '../connections/access.ts';
import { type Limits, limitsOf } from '../connections/limits.ts';
import { comeBack, Refusal, refuseSocket } from '../connections/refusal.ts';
import { type OnSocket, WorkerSockets } from '../connections/worker_socket.ts';
import { AllowedHosts } from './allowed_hosts.ts';
import { Answering } from './answering.ts';
import { assetRoutes, assetsFolder } from './assets.ts';
import { directCaller } from './caller.ts';
import { HttpConnections } from './http_connections.ts';
import { listenError } from './listen_error.ts';
import { Places } from './places.ts';
import { RequestRate } from './request_rate.ts';
import { type Routes, workerRoute } from './routes.ts';
import { Troubles } from './troubles.ts';
import { Upgrades } from './upgrades.ts';

export interface ServerOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly access: Access;
  readonly clock: Clock;
  /** What there is to be had just now, besides the page's own files. */
  readonly routes: () => Routes;
  /** Told of what should not have happened, in one line for the operator. */
  readonly onTrouble: (line: string) => void;
  /** Names that the server answers to besides those of this machine. */
  readonly allowedHosts?: readonly string[];
  /** Those that are absent are the defaults. */
  readonly limits?: Partial<Limits> | undefined;
}

export interface CoordinatorServer {
  readonly port: number;
  /** Lets WebSockets in from now on; before, they are told to come back. */
  readonly admit: (onSocket: OnSocket) => void;
  /** Stops listening and cuts what is still connected. */
  readonly close: () => Promise<void>;
}

/** @throws {InputError} if the port is in use or not permitted, or a limit out of its range. */
export async function listen(options: ServerOptions): Promise<CoordinatorServer> {
  const limits = limitsOf(options.limits);
  const http = createHttp(limits);
  const parts = createParts(options, limits);
  countConnections(http, parts);
  answerRequests(http, parts);
  http.on('upgrade', (request, accepted, head) => parts.upgrades.answer({ request, accepted, head }));
  await start(http, options);
  // Like a connection that cannot be accepted because there is no file descriptor left.
  http.on('error', (error) => parts.troubles.tell('a connection was not accepted', error));
  return {
    port: (http.address() as AddressInfo).port,
    admit: (onSocket) => parts.upgrades.admit(onSocket),
    close: () => closeAll(http, parts.sockets),
  };
}

function createHttp({ requestSeconds, idleSeconds, tcpConnections }: Limits): Server {
  const http = createServer({
    headersTimeout: 1000 * requestSeconds,
    requestTimeout: 1000 * requestSeconds,
    connectionsCheckingInterval: Math.min(1_000, 250 * requestSeconds),
    keepAliveTimeout: 1000 * idleSeconds,
    // It is asked for where it can be answered like everything else.
    requireHostHeader: false,
  });
  // Whom the counting below could not even tell so.
  http.maxConnections = tcpConnections + toldConnections;
  return http;
}

/** Connections beyond the limit that are told so; any more are closed without a word. */
const toldConnections = 100;

interface ServerParts {
  readonly troubles: Troubles;
  readonly places: Places;
  readonly connections: HttpConnections;
  readonly answering: Answering;
  readonly sockets: WorkerSockets;
  readonly upgrades: Upgrades;
}

function createParts(options: ServerOptions, limits: Limits): ServerParts {
  const { host, access, clock, routes, onTrouble, allowedHosts } = options;
  const border = {
    callerOf: directCaller,
    hosts: new AllowedHosts({ host, allowed: allowedHosts, now: clock.now }),
    rate: new RequestRate(limits.requestsPerSecond, clock.now),
  };
  const ownRoutes: Routes = new Map([...assetRoutes(assetsFolder), workerRoute]);
  const routeAt = (path: string) => ownRoutes.get(path) ?? routes().get(path);
  const troubles = new Troubles(onTrouble, clock.now);
  const connections = new HttpConnections(clock, 1000 * limits.unreadSeconds);
  const sockets = new WorkerSockets(limits);
  return {
    troubles,
    places: new Places(limits.tcpConnections, limits.tcpConnectionsPerAddress),
    connections,
    answering: new Answering({ ...border, access, clock, routeAt, troubles }),
    sockets,
    upgrades: new Upgrades({ ...border, connections, sockets, troubles }),
  };
}

/** Counts those that never say anything, too. */
function countConnections(http: Server, { places, connections }: ServerParts): void {
  http.on('connection', (socket: Socket) => {
    socket.on('error', () => undefined); // A close follows.
    const leave = places.take(socket.remoteAddress ?? 'unknown');
    if (leave === undefined) {
      refuseSocket(socket, comeBack(503, 10, 'too many connections'));
      return;
    }
    connections.open(socket);
    socket.once('close', () => {
      leave();
      connections.close(socket);
    });
  });
}

function answerRequests(http: Server, { connections, answering }: ServerParts): void {
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    // No client of ours asks again before it was answered, and answers that wait for each other would be hard to bound.
    if (connections.isAnswering(socket)) {
      socket.destroy();
      return;
    }
    connections.beginAnswer(socket);
    response.once('close', () => connections.endAnswer(socket));
    answering.answer(request, response);
    const bytes = response.getHeader('content-length');
    if (typeof bytes === 'number') connections.expectAnswer(socket, bytes);
  };
  for (const event of ['request', 'checkContinue', 'checkExpectation']) http.on(event, answer);
  http.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (connections.isAnswering(socket)) socket.destroy();
    else refuseSocket(socket, malformed(error.code));
  });
}

function malformed(code: string | undefined): Refusal {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Refusal(408, 'the request did not come whole in time');
    case 'HPE_HEADER_OVERFLOW':
      return new Refusal(431, 'the request has too long a head');
    default:
      return new Refusal(400, 'the request is not HTTP');
  }
}

function start(http: Server, { host, port }: ServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
    http.listen({ host, port, backlog: 1024 }, resolve);
  });
}

async function closeAll(http: Server, sockets: WorkerSockets): Promise<void> {
  sockets.close();
  await new Promise((resolve) => {
    http.close(resolve);
    http.closeAllConnections();
  });
}
