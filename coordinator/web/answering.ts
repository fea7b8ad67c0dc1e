// How every request is answered: checked, routed, and never with an exception that gets out. What is wrong with a request
// is told to whoever sent it; what is wrong with this server to its operator.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../shared/clock.ts';
import { type Access, mayActAs, type Role } from '../connections/access.ts';
import { comeBack, Refusal, securityHeaders } from '../connections/refusal.ts';
import { type Border, cross } from './border.ts';
import { type Caller, nameIn } from './caller.ts';
import { refuseBadRange, refuseBody, refuseForeignPage, refuseMethod } from './request_checks.ts';
import { nowhere, parseTarget, type Route } from './routes.ts';
import type { Troubles } from './troubles.ts';

export interface AnsweringOptions extends Border {
  readonly access: Access;
  readonly clock: Clock;
  readonly routeAt: (path: string) => Route | undefined;
  readonly troubles: Troubles;
}

/** A refusal that answers a guess: it comes after so many milliseconds. */
class LateRefusal extends Refusal {
  readonly delay: number;

  constructor(delay: number, { status, message, headers }: Refusal) {
    super(status, message, headers);
    this.delay = delay;
  }
}

export class Answering {
  readonly #options: AnsweringOptions;

  constructor(options: AnsweringOptions) {
    this.#options = options;
  }

  /** Never throws. */
  answer(request: IncomingMessage, response: ServerResponse): void {
    request.on('error', () => undefined); // A close follows.
    response.on('error', () => undefined);
    for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
    try {
      this.#answer(request, response);
    } catch (error) {
      this.#refuse(request, response, error instanceof Refusal ? error : this.#confess(error, request));
    }
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    refuseBody(request);
    refuseBadRange(request);
    const caller = cross(request, this.#options);
    leaveOutWhatIsIgnored(response, caller);
    const { path, query } = parseTarget(request.url ?? '');
    const route = this.#options.routeAt(path) ?? nowhere;
    const role = this.#roleFor(route, request, caller);
    refuseMethod(request.method, route);
    route.answer({ request, response, caller, role, query });
  }

  /** What the caller may do. @throws {Refusal} if that is not enough. */
  #roleFor({ role: wanted }: Route, request: IncomingMessage, caller: Caller): Role {
    // Nothing that anybody may have depends on who asks.
    if (wanted === 'anybody') return 'watcher';
    refuseForeignPage(request, caller);
    const role = this.#roleOf(request, caller);
    if (!mayActAs(role, wanted)) throw new Refusal(403, `this is for the ${wanted}; your token is one of a ${role}`);
    return role;
  }

  #roleOf({ headers }: IncomingMessage, { address }: Caller): Role {
    const token = /^Bearer +([!-~]{1,1024})$/i.exec(headers.authorization ?? '')?.[1];
    const judgement = this.#options.access.judge(token, address);
    if ('role' in judgement) return judgement.role;
    switch (judgement.fault) {
      case 'missing':
        throw new Refusal(401, 'this run asks for a token: Authorization: Bearer TOKEN', challenge());
      case 'wrong':
        throw new LateRefusal(
          judgement.delay,
          new Refusal(401, 'this is not a token of this run', challenge('invalid_token')),
        );
      case 'too many':
        throw comeBack(429, 20, 'too many wrong tokens came from this address: wait a while');
      default:
        throw judgement satisfies never;
    }
  }

  #refuse(request: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
    if (!(refusal instanceof LateRefusal)) {
      sendRefusal(request, response, refusal);
      return;
    }
    const cancel = this.#options.clock.schedule(refusal.delay, () => sendRefusal(request, response, refusal));
    response.once('close', cancel);
  }

  /** A bug of ours, as whoever asked is told of it. */
  #confess(error: unknown, { method, url }: IncomingMessage): Refusal {
    this.#options.troubles.tell(`${method} ${url} could not be answered`, error);
    return new Refusal(500, 'this server has a bug; its operator was told');
  }
}

/** Browsers complain where they are told to isolate a page that came unencrypted from another machine. */
function leaveOutWhatIsIgnored(response: ServerResponse, { scheme, host }: Caller): void {
  const isTrustworthy = scheme === 'https' || /^(localhost|127\.|::1$)/.test(nameIn(host));
  if (!isTrustworthy) response.removeHeader('cross-origin-opener-policy');
}

function sendRefusal(
  { method }: IncomingMessage,
  response: ServerResponse,
  { status, message, headers }: Refusal,
): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  for (const name of response.getHeaderNames()) if (!(name in securityHeaders)) response.removeHeader(name);
  const body = `${message}\n`;
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    ...headers,
  });
  response.end(method === 'HEAD' ? undefined : body);
}

function challenge(error?: string): Record<string, string> {
  return { 'www-authenticate': `Bearer realm="gradswarm"${error === undefined ? '' : `, error="${error}"`}` };
}
