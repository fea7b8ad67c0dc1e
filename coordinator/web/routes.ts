// What is to be had where: a path, the methods that it takes, the role that it takes, and what answers it.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { workerPath } from '../../shared/protocol/worker_path.ts';
import type { Role } from '../connections/access.ts';
import { Refusal } from '../connections/refusal.ts';
import type { Caller } from './caller.ts';

/** A request that may be answered, and where the answer goes. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly caller: Caller;
  /** What the caller may do: at least what the route asks for. */
  readonly role: Role;
  readonly query: URLSearchParams;
}

export interface Route {
  readonly methods: readonly string[];
  /** `anybody`: for pages of other sites too, which may link to it. */
  readonly role: Role | 'anybody';
  /** Answers before it returns, or holds on to the response. @throws {Refusal} to turn it down. */
  readonly answer: (exchange: Exchange) => void;
}

/** By path. */
export type Routes = ReadonlyMap<string, Route>;

/** What is answered where nothing is: only to those who may see what there is. */
export const nowhere: Route = {
  methods: ['GET', 'HEAD'],
  role: 'watcher',
  answer: () => {
    throw new Refusal(404, 'there is nothing at this path');
  },
};

/** Where workers upgrade: nothing for those who only ask. */
export const workerRoute: readonly [path: string, route: Route] = [
  workerPath,
  {
    methods: ['GET'],
    role: 'anybody',
    answer: () => {
      throw new Refusal(426, 'workers connect here, by WebSocket', { upgrade: 'websocket', connection: 'upgrade' });
    },
  },
];

export interface Target {
  readonly path: string;
  readonly query: URLSearchParams;
}

/** What a request line asks for; taken as it stands, nothing in it is decoded or resolved. @throws {Refusal} if it is no path. */
export function parseTarget(target: string): Target {
  const [, path, query = ''] = /^(\/(?!\/)[^?#]*)(?:\?([^#]*))?$/.exec(target) ?? [];
  if (path === undefined || /%(?![0-9a-f]{2})/i.test(target))
    throw new Refusal(400, 'the request asks for what is no path of this server');
  return { path, query: new URLSearchParams(query) };
}
