// Requests to become a WebSocket: only of workers, at their path, and from a page only if that is the server's own.

import type { IncomingMessage } from 'node:http';
import { workerPath } from '../../shared/protocol/worker_path.ts';
import { comeBack, Refusal, refuseSocket } from '../connections/refusal.ts';
import type { OnSocket, UpgradeRequest, WorkerSockets } from '../connections/worker_socket.ts';
import { type Border, cross } from './border.ts';
import { type Caller, isOwnOrigin } from './caller.ts';
import type { HttpConnections } from './http_connections.ts';
import { parseTarget } from './routes.ts';
import type { Troubles } from './troubles.ts';

export interface UpgradesOptions extends Border {
  readonly connections: HttpConnections;
  readonly sockets: WorkerSockets;
  readonly troubles: Troubles;
}

export class Upgrades {
  readonly #options: UpgradesOptions;
  #onSocket: OnSocket | undefined;

  constructor(options: UpgradesOptions) {
    this.#options = options;
  }

  /** Lets workers in from now on; before, they are told to come back. */
  admit(onSocket: OnSocket): void {
    this.#onSocket = onSocket;
  }

  /** Never throws. */
  answer(upgrade: Omit<UpgradeRequest, 'address'>): void {
    const { connections, troubles } = this.#options;
    const { accepted } = upgrade;
    accepted.on('error', () => undefined); // A close follows.
    const isAnswering = connections.isAnswering(accepted);
    connections.close(accepted);
    if (isAnswering) {
      accepted.destroy();
      return;
    }
    try {
      this.#upgrade(upgrade);
    } catch (error) {
      if (error instanceof Refusal) {
        refuseSocket(accepted, error);
        return;
      }
      troubles.tell('a worker could not be let in', error);
      accepted.destroy();
    }
  }

  #upgrade(upgrade: Omit<UpgradeRequest, 'address'>): void {
    const { request } = upgrade;
    const caller = cross(request, this.#options);
    requireWorkerPath(request);
    requireOwnOrigin(request, caller);
    if (this.#onSocket === undefined) throw comeBack(503, 1, 'the run is starting');
    this.#options.sockets.upgrade({ ...upgrade, address: caller.address }, this.#onSocket);
  }
}

function requireWorkerPath({ url = '' }: IncomingMessage): void {
  if (parseTarget(url).path === workerPath) return;
  throw new Refusal(404, `there is no WebSocket at this path: workers connect to ${workerPath}`);
}

function requireOwnOrigin({ headers: { origin } }: IncomingMessage, caller: Caller): void {
  if (origin === undefined || isOwnOrigin(origin, caller)) return;
  throw new Refusal(403, `only pages of ${caller.scheme}://${caller.host} may join by a browser`);
}
