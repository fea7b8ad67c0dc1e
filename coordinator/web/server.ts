// The one port: WebSocket upgrades become worker connections, plain HTTP is answered by routes. Whatever comes in, no
// exception gets out of here, and no socket is without a listener for its errors.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Clock } from '../../shared/clock.ts';
import type { Access } from '../connections/access.ts';
import { LeakyBucket } from '../connections/leaky_bucket.ts';
import { type Limits, limitsOf } from '../connections/limits.ts';
import { comeBack, Refusal, refuseSocket } from '../connections/refusal.ts';
import { type OnSocket, WorkerSockets } from '../connections/worker_socket.ts';
import { AllowedHosts } from './allowed_hosts.ts';
import { Answering } from './answering.ts';
import { assetRoutes, assetsFolder } from './assets.ts';
import { createDoor, type Door, type HttpServer } from './door.ts';
import { callerThrough, type IsTrusted, trustedProxies } from './forwarded.ts';
import { HttpConnections } from './http_connections.ts';
import { listenError } from './listen_error.ts';
import { Openings } from './openings.ts';
import { Places } from './places.ts';
import { RequestRate } from './request_rate.ts';
import { type Routes, workerRoute } from './routes.ts';
import { datesFault, dayOf, readTlsPair, type TlsFiles, type TlsPair } from './tls_pair.ts';
import { TlsRenewal } from './tls_renewal.ts';
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
  /** The certificate by which it speaks TLS; read again when it changes. */
  readonly tls?: TlsFiles | undefined;
  /** Reverse proxies whose word is taken for who asked them. */
  readonly trustedProxies?: readonly string[];
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

/** @throws {InputError} if the port is in use or not permitted, a limit out of its range, or a certificate no good. */
export async function listen(options: ServerOptions): Promise<CoordinatorServer> {
  const limits = limitsOf(options.limits);
  const parts = createParts(options, limits);
  const pair = options.tls === undefined ? undefined : await readTlsPair(options.tls);
  const door = createDoor(pair, limits);
  const { http } = door;
  answerRequests(http, parts);
  http.on('upgrade', (request, accepted, head) => parts.upgrades.answer({ request, accepted, head }));
  await start(door, options);
  countConnections(door, parts, options.clock);
  const renewal = await watchCertificate(door, pair, options);
  // Like a connection that cannot be accepted because there is no file descriptor left.
  door.listener.on('error', (error) => parts.troubles.tell('a connection was not accepted', error));
  return {
    port: (door.listener.address() as AddressInfo).port,
    admit: (onSocket) => parts.upgrades.admit(onSocket),
    close: () => {
      renewal?.close();
      parts.sockets.close();
      return door.close();
    },
  };
}

interface ServerParts {
  readonly troubles: Troubles;
  readonly isTrusted: IsTrusted;
  readonly places: Places;
  readonly openings: Openings;
  readonly connections: HttpConnections;
  readonly answering: Answering;
  readonly sockets: WorkerSockets;
  readonly upgrades: Upgrades;
}

function createParts(options: ServerOptions, limits: Limits): ServerParts {
  const { host, access, clock, routes, onTrouble, allowedHosts } = options;
  const isTrusted = trustedProxies(options.trustedProxies ?? []);
  const border = {
    callerOf: callerThrough(isTrusted),
    hosts: new AllowedHosts({ host, allowed: allowedHosts, now: clock.now }),
    rate: new RequestRate(limits.requestsPerSecond, clock.now),
  };
  const ownRoutes: Routes = new Map([...assetRoutes(assetsFolder), workerRoute]);
  const routeAt = (path: string) => ownRoutes.get(path) ?? routes().get(path);
  const troubles = new Troubles(onTrouble, clock.now);
  const connections = new HttpConnections(clock, 1000 * limits.unreadSeconds);
  const sockets = new WorkerSockets({
    limits,
    now: clock.now,
    onNotice: onTrouble,
    onFailed: (what, error) => troubles.tell(what, error),
  });
  return {
    troubles,
    isTrusted,
    places: new Places(limits.tcpConnections, limits.tcpConnectionsPerAddress),
    openings: new Openings(limits, clock),
    connections,
    answering: new Answering({ ...border, access, clock, routeAt, troubles }),
    sockets,
    upgrades: new Upgrades({ ...border, connections, sockets, troubles }),
  };
}

/** What is told to so many a second of those who find no room; the others are cut off without a word. */
const crowded = comeBack(503, 10, 'too many connections');
const toldConnections = 20;

/** Counts those that never say anything, too; but a proxy's connections are those of many. */
function countConnections(door: Door, { isTrusted, places, openings, connections }: ServerParts, clock: Clock): void {
  const told = new LeakyBucket(toldConnections);
  door.screen((address) => isTrusted(address) || openings.hasRoom(address) || told.wait(1, clock.now()) === 0);
  door.listener.on('connection', (socket: Socket) => {
    socket.on('error', () => undefined); // A close follows.
    const address = socket.remoteAddress ?? 'unknown';
    const isProxy = isTrusted(address);
    const leave = isProxy ? () => undefined : places.take(address);
    if (leave !== undefined) socket.once('close', leave);
    const letIn = () => door.letIn(socket);
    const turnAway = () => {
      // To tell all of a flood would cost more than the flood.
      if (told.add(1, clock.now())) door.turnAway(socket, crowded);
      else socket.destroy();
    };
    if (leave === undefined) turnAway();
    else if (isProxy) letIn();
    else socket.once('close', openings.add(address, { letIn, turnAway }));
  });
  door.http.on(door.connectionEvent, (socket: Socket) => {
    if (socket.destroyed || socket.writableEnded) return;
    connections.open(socket);
    socket.once('close', () => connections.close(socket));
  });
}

function answerRequests(http: HttpServer, { connections, answering }: ServerParts): void {
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

function start({ listener }: Door, { host, port }: ServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    listener.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
    listener.listen({ host, port, backlog: 1024 }, resolve);
  });
}

async function watchCertificate(
  { renew }: Door,
  pair: TlsPair | undefined,
  { tls: files, clock, onTrouble }: ServerOptions,
): Promise<TlsRenewal | undefined> {
  if (files === undefined || pair === undefined) return undefined;
  const tellDates = ({ certificate }: TlsPair) => {
    const fault = datesFault(certificate, Date.now());
    if (fault !== undefined) onTrouble(fault);
  };
  tellDates(pair);
  const onRenewed = (next: TlsPair) => {
    renew(next);
    onTrouble(`the TLS certificate was read again: it is valid until ${dayOf(next.certificate.validTo)}`);
    tellDates(next);
  };
  return TlsRenewal.start({ files, pair, clock, onRenewed, onTrouble });
}
