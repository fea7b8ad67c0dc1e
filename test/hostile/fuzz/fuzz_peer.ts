// A worker of the fuzz: it follows the protocol as far as it must to have something valid to mutate, and answers its
// leases rightly when it is not mutated.

import type { OpenSocket } from '../../../coordinator/connections/worker_socket.ts';
import { decodeAssignedJob } from '../../../shared/protocol/assigned_job.ts';
import type { Connection, ConnectionHandlers } from '../../../shared/protocol/connection.ts';
import { createToWorkerDecoder } from '../../../shared/protocol/decode.ts';
import { encodeToCoordinator } from '../../../shared/protocol/encode.ts';
import type { Hello, Lease, ToCoordinator } from '../../../shared/protocol/messages.ts';
import type { Computation, WorkerEngine } from '../../../worker/session/computation.ts';
import { greatestLimits } from '../../../worker/session/limits.ts';
import { atOnce } from '../../worker/session/at_once.ts';

interface Held {
  readonly lease: Lease;
  readonly samples: Uint8Array;
}

/** Makes the model of a welcome ready; the same for all peers, which take turns. */
export type LoadModel = (welcome: Uint8Array) => Promise<Computation>;

/** Loads it once. */
export function loadOnce(engine: WorkerEngine): LoadModel {
  let loaded: Promise<Computation> | undefined;
  return (welcome) => {
    loaded ??= engine.load(decodeAssignedJob(welcome), greatestLimits);
    return loaded;
  };
}

export class FuzzPeer implements Connection {
  handlers: ConnectionHandlers | undefined;
  /** True once the coordinator has closed. */
  isClosed = false;
  readonly #load: LoadModel;
  readonly #hello: Hello;
  readonly #decoder = createToWorkerDecoder({ maximumPayload: 1 << 20 });
  readonly #leases: Held[] = [];
  #computation: Computation | undefined;
  #parameters: { readonly version: number; readonly bytes: Uint8Array } | undefined;
  #hasGreeted = false;
  #beat = 0;
  #beatAnswered = 0;
  #lastFrames: readonly Uint8Array[] = [];

  constructor(load: LoadModel, hello: Hello) {
    this.#load = load;
    this.#hello = hello;
  }

  /** For the coordinator's `admit`. */
  readonly open: OpenSocket = (handlers) => {
    this.handlers = handlers;
    return this;
  };

  send(frames: readonly Uint8Array[], onSent: () => void): void {
    for (const frame of frames) this.#receive(new Uint8Array(frame));
    onSent();
  }

  close(): void {
    this.isClosed = true;
  }

  /** The frames of what an honest worker would say next; none if there is nothing to say. */
  nextFrames(): readonly Uint8Array[] {
    const next = this.#next();
    if (next === undefined) return [];
    this.#lastFrames = encodeToCoordinator(next.message, next.payload);
    return this.#lastFrames;
  }

  /** The frames of what it said last. */
  get lastFrames(): readonly Uint8Array[] {
    return this.#lastFrames;
  }

  #next(): { readonly message: ToCoordinator; readonly payload?: Uint8Array } | undefined {
    if (!this.#hasGreeted) {
      this.#hasGreeted = true;
      return { message: this.#hello };
    }
    for (let held = this.#leases.shift(); held !== undefined; held = this.#leases.shift()) {
      const answer = this.#answer(held);
      if (answer !== undefined) return answer;
    }
    if (this.#beat === this.#beatAnswered) return undefined;
    this.#beatAnswered = this.#beat;
    return { message: { type: 'heartbeat', beat: this.#beat } };
  }

  #answer({ lease, samples }: Held): { readonly message: ToCoordinator; readonly payload: Uint8Array } | undefined {
    const computation = this.#computation;
    if (computation === undefined || this.#parameters?.version !== lease.parameters) return undefined;
    computation.parameterMemory().set(this.#parameters.bytes);
    computation.parametersChanged();
    const {
      payload,
      lossSum,
      metricSums,
      samples: count,
    } = atOnce(computation.compute(lease, samples, () => undefined));
    const { lease: id, work } = lease;
    return {
      message: { type: 'contribution', lease: id, work, samples: count, lossSum, metricSums, milliseconds: 1 },
      payload: new Uint8Array(payload),
    };
  }

  #receive(frame: Uint8Array): void {
    const received = this.#decoder.push(frame);
    if (received === undefined) return;
    const { message, payload } = received;
    switch (message.type) {
      case 'welcome':
        this.#load(payload).then((computation) => {
          this.#computation = computation;
        });
        break;
      case 'parameters':
        this.#parameters = { version: message.step, bytes: new Uint8Array(payload) };
        break;
      case 'lease':
        this.#leases.push({ lease: message, samples: new Uint8Array(payload) });
        break;
      case 'heartbeat':
        this.#beat = message.beat;
        break;
      case 'refused':
      case 'frozen':
      case 'finished':
      case 'stopped':
      case 'warning':
        break;
      default:
        message satisfies never;
    }
  }
}
