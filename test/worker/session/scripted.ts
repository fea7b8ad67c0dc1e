// A scripted world for a worker session: clock, engine and coordinator under the test's control. No sockets, no timers.

import type { Clock } from '../../../shared/clock.ts';
import type { AssignedJob } from '../../../shared/protocol/assigned_job.ts';
import { encodeAssignedJob } from '../../../shared/protocol/assigned_job.ts';
import { checksumOfCopies } from '../../../shared/protocol/checksum.ts';
import { textRefused } from '../../../shared/protocol/close_codes.ts';
import type { ConnectionHandlers } from '../../../shared/protocol/connection.ts';
import { createToCoordinatorDecoder, type Received } from '../../../shared/protocol/decode.ts';
import { encodeToWorker } from '../../../shared/protocol/encode.ts';
import type { Lease, ToCoordinator, ToWorker } from '../../../shared/protocol/messages.ts';
import type { Computation, WorkerEngine } from '../../../worker/session/computation.ts';
import type { Connect } from '../../../worker/session/connection.ts';

/** Time that passes only when told to. */
export class ScriptedClock implements Clock {
  #now = 0;
  readonly #timers = new Set<{ readonly at: number; readonly callback: () => void }>();
  readonly #watchers: (() => void)[] = [];

  now = (): number => this.#now;

  schedule = (milliseconds: number, callback: () => void): (() => void) => {
    const timer = { at: this.#now + milliseconds, callback };
    this.#timers.add(timer);
    for (const watcher of this.#watchers.splice(0)) watcher();
    return () => this.#timers.delete(timer);
  };

  get pending(): number {
    return this.#timers.size;
  }

  /** Resolves when somebody waits for time to pass. */
  async untilSomebodyWaits(): Promise<void> {
    while (this.#timers.size === 0) await new Promise<void>((resolve) => this.#watchers.push(resolve));
  }

  advance(milliseconds: number): void {
    this.#now += milliseconds;
    for (const timer of [...this.#timers].sort((a, b) => a.at - b.at)) {
      if (timer.at <= this.#now && this.#timers.delete(timer)) timer.callback();
    }
  }
}

/** Things that arrive, and somebody who waits for them. */
export class Inbox<Item> {
  readonly #items: Item[] = [];
  readonly #readers: ((item: Item) => void)[] = [];

  put(item: Item): void {
    const reader = this.#readers.shift();
    if (reader === undefined) this.#items.push(item);
    else reader(item);
  }

  get waiting(): readonly Item[] {
    return this.#items;
  }

  next(): Promise<Item> {
    const item = this.#items.shift();
    return item === undefined ? new Promise((resolve) => this.#readers.push(resolve)) : Promise.resolve(item);
  }
}

/** The coordinator's end of one connection. */
export class ScriptedPeer {
  readonly messages = new Inbox<Received<ToCoordinator>>();
  readonly closes = new Inbox<{ readonly code: number; readonly reason: string }>();
  readonly #handlers: ConnectionHandlers;
  readonly #decoder = createToCoordinatorDecoder({ maximumPayload: 1 << 24 });

  constructor(handlers: ConnectionHandlers) {
    this.#handlers = handlers;
  }

  take(frames: readonly Uint8Array[]): void {
    for (const frame of frames) {
      const received = this.#decoder.push(frame);
      if (received !== undefined) this.messages.put(received);
    }
  }

  send(message: ToWorker, payload?: Uint8Array): void {
    for (const frame of encodeToWorker(message, payload)) this.sendFrame(frame);
  }

  sendFrame(frame: Uint8Array): void {
    this.#handlers.onFrame(frame);
  }

  sendText(): void {
    this.#handlers.onRefused(textRefused());
  }

  /** Closes the connection, or confirms that the worker closed it. */
  close(code: number, reason = ''): void {
    this.#handlers.onClosed(code, reason);
  }

  welcome(job: AssignedJob = scriptedJob): void {
    this.send({ type: 'welcome', workerId: 'w1', jobDigest: 'digest' }, encodeAssignedJob(job));
  }

  /** Parameters with this value everywhere. */
  parameters(step: number, value: number): void {
    const values = new Float32Array(scriptedParameters).fill(value);
    this.send({ type: 'parameters', step }, new Uint8Array(values.buffer));
  }

  lease(fields: Partial<Lease>): void {
    const lease: Lease = {
      type: 'lease',
      lease: 1,
      work: { kind: 'gradient', step: 0, shard: { first: 0, count: 1 } },
      parameters: 0,
      samples: 3,
      deadline: 1000,
      ...fields,
    };
    this.send(lease, new Uint8Array(lease.samples).fill(2));
  }

  /** The next message, which must be of this type. */
  async expect<Type extends ToCoordinator['type']>(
    type: Type,
  ): Promise<{ readonly message: Extract<ToCoordinator, { type: Type }>; readonly payload: Uint8Array }> {
    const { message, payload } = await this.messages.next();
    if (message.type !== type) throw new Error(`expected ${type}, received ${JSON.stringify(message)}`);
    return { message: message as Extract<ToCoordinator, { type: Type }>, payload };
  }
}

/** Where workers connect to: each attempt is answered by the next entry of the script, or accepted. */
export class ScriptedNetwork {
  readonly peers = new Inbox<ScriptedPeer>();
  readonly refusals: string[] = [];
  attempts = 0;
  /** Whether what is sent leaves the worker. */
  isFlowing = true;

  readonly connect: Connect = async (handlers, signal) => {
    this.attempts += 1;
    signal.throwIfAborted();
    const refusal = this.refusals.shift();
    if (refusal !== undefined) throw new Error(refusal);
    const peer = new ScriptedPeer(handlers);
    this.peers.put(peer);
    return {
      send: (frames, onSent) => {
        peer.take(frames);
        if (this.isFlowing) onSent();
      },
      close: (code, reason) => peer.closes.put({ code, reason }),
    };
  };
}

export const scriptedParameters = 100_000;

export const scriptedJob: AssignedJob = { numerics: 'portable', microbatchSize: 3, graph: {} };

/** An engine whose gradient is parameters × the sum of the sample bytes. */
export class ScriptedEngine implements WorkerEngine {
  readonly digest = 'e0';
  readonly probes = { portable: 'a0' };
  readonly loaded: AssignedJob[] = [];
  readonly computed: number[] = [];
  loads = 0;
  failWith: Error | undefined;
  /** Called in each computation, with what looks whether to go on. */
  onCompute: (betweenPasses: () => void) => void = () => undefined;
  /** While set, loading waits for it. */
  gate: Promise<void> | undefined;

  load = async (job: AssignedJob): Promise<Computation> => {
    this.loads += 1;
    await this.gate;
    if (this.failWith !== undefined) throw this.failWith;
    this.loaded.push(job);
    return this.#computation();
  };

  #computation(): Computation {
    const parameters = new Float32Array(scriptedParameters);
    const gradient = new Float32Array(scriptedParameters);
    let current = 0;
    return {
      parameterBytes: parameters.byteLength,
      parameterMemory: () => new Uint8Array(parameters.buffer),
      checksum: checksumOfCopies,
      parametersChanged: () => {
        current = parameters[0] ?? Number.NaN;
      },
      compute: (lease, samples, betweenPasses) => {
        if (this.failWith !== undefined) throw this.failWith;
        this.onCompute(betweenPasses);
        this.computed.push(lease.lease);
        const sum = samples.reduce((total, byte) => total + byte, 0);
        gradient.forEach((_, index) => {
          gradient[index] = (parameters[index] ?? Number.NaN) * sum;
        });
        const bytes = new Uint8Array(gradient.buffer);
        return {
          payload: lease.work.kind === 'gradient' ? bytes : bytes.subarray(0, 0),
          samples: samples.length,
          lossSum: current * sum,
          metricSums: { accuracy: samples.length },
        };
      },
    };
  }
}
