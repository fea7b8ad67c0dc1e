// One connection's worth of the protocol, seen from the worker: from hello to the close. Frames in, frames out; the
// transport, the clock and the engine are arguments. See shared/protocol/PROTOCOL.md.
//
// A lease is computed in the very call that delivers it (or its parameters), so nothing can change under it.

import type { Clock } from '../../shared/clock.ts';
import { decodeAssignedJob } from '../../shared/protocol/assigned_job.ts';
import { checksumOfCopies } from '../../shared/protocol/checksum.ts';
import {
  type CloseName,
  closeCodes,
  closeReason,
  describeClose,
  isFinalRefusal,
  ProtocolError,
} from '../../shared/protocol/close_codes.ts';
import type { Connection, ConnectionHandlers } from '../../shared/protocol/connection.ts';
import { createToWorkerDecoder, type Received } from '../../shared/protocol/decode.ts';
import { type Allocate, encodeToCoordinator } from '../../shared/protocol/encode.ts';
import { FramePool } from '../../shared/protocol/frame_pool.ts';
import {
  maximumWaitingLeases,
  maximumWelcomeBytes,
  maximumWorkerPayloadBytes,
  silenceLimit,
  welcomeTimeout,
} from '../../shared/protocol/limits.ts';
import type { Hello, Lease, Parameters, ToCoordinator, ToWorker, Welcome } from '../../shared/protocol/messages.ts';
import type { Computation, WorkerEngine } from './computation.ts';

/** How a conversation ended. */
export type ConversationEnd =
  /** The run is over. */
  | { readonly kind: 'finished'; readonly reason: string }
  /** The coordinator does not want this worker and never will. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** The worker was told to stop. */
  | { readonly kind: 'aborted' }
  /** Anything else; the next attempt may succeed. */
  | { readonly kind: 'lost'; readonly reason: string; readonly welcomed: boolean };

export interface ConversationOptions {
  readonly engine: WorkerEngine;
  readonly hello: Hello;
  readonly clock: Clock;
  /** How frames are allocated; see `encodeToCoordinator`. */
  readonly allocate?: Allocate;
  readonly onWelcome: (welcome: Welcome) => void;
  readonly onContribution: (lease: Lease, milliseconds: number) => void;
  /** An answer was refused. */
  readonly onWarning: (reason: string) => void;
}

/** Looks for signs of life in the time that a coordinator may be silent: a look may come late, after a computation. */
const looks = 4;

interface WaitingLease {
  readonly lease: Lease;
  readonly samples: Uint8Array;
}

type State =
  /** The connection is not open yet. */
  | { readonly name: 'connecting' }
  /** Hello was sent. */
  | { readonly name: 'greeting' }
  /** The coordinator said why it does not want this worker; its close says whether it ever will. */
  | { readonly name: 'refused'; readonly reason: string }
  /** The model is being compiled; frames wait, for the parameters among them go straight into its memory. */
  | { readonly name: 'preparing'; readonly frames: Uint8Array[] }
  | {
      readonly name: 'working';
      readonly computation: Computation;
      /** Of the parameters held; −1 before the first. While some arrive, the decoder lets nothing else pass. */
      step: number;
      readonly waiting: WaitingLease[];
    }
  /** This side has closed and waits for the transport to say so. */
  | { readonly name: 'closing'; readonly end: ConversationEnd }
  | { readonly name: 'ended' };

type Working = Extract<State, { name: 'working' }>;

export class Conversation {
  /** Handed to the transport. */
  readonly handlers: ConnectionHandlers = {
    onFrame: (frame) => {
      this.#silentLooks = 0;
      this.#receive(frame);
    },
    onFrameStart: (bytes) => this.#beginFrame(bytes),
    onFramePiece: (piece) => {
      this.#silentLooks = 0;
      this.#takePiece(piece);
    },
    onText: () => this.#violated(new ProtocolError('badMessage', 'text frame: only binary frames are spoken here')),
    onClosed: (code, reason) => this.#closed(code, reason),
  };
  /** How it ended; rejects if the engine failed. */
  readonly ended: Promise<ConversationEnd>;

  readonly #options: ConversationOptions;
  readonly #pool: FramePool;
  readonly #decoder = createToWorkerDecoder({
    maximumPayload: maximumWorkerPayloadBytes,
    place: (message, bytes) => this.#place(message, bytes),
    checksum: (bytes, seed) => this.#checksum(bytes, seed),
  });
  /** Of the computation, once there is one. */
  #checksum = checksumOfCopies;
  #state: State = { name: 'connecting' };
  /** A frame that began to come in pieces while the model was being compiled. */
  #waitingFrame: { readonly bytes: Uint8Array; received: number } | undefined;
  /** Where samples arrive; used again for every lease. */
  #samples = new Uint8Array(0);
  #connection: Connection | undefined;
  #welcomed = false;
  #failure: { readonly error: unknown } | undefined;
  #resolve: (end: ConversationEnd) => void = () => undefined;
  #reject: (error: unknown) => void = () => undefined;
  #cancelDeadline: () => void = () => undefined;
  #cancelLook: () => void = () => undefined;
  /** Looks in a row that found nothing received. */
  #silentLooks = 0;

  constructor(options: ConversationOptions) {
    this.#options = options;
    this.#pool = new FramePool(options.allocate);
    this.ended = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Says hello over the connection that the transport has opened. */
  begin(connection: Connection): void {
    if (this.#state.name !== 'connecting') return;
    this.#connection = connection;
    this.#state = { name: 'greeting' };
    this.#cancelDeadline = this.#options.clock.schedule(welcomeTimeout, () => {
      this.#violated(new ProtocolError('tooSlow', `no welcome within ${welcomeTimeout / 1000} s`));
    });
    this.#send(this.#options.hello);
  }

  /** Leaves a coordinator that has been silent for too long: the connection is half open, or its machine is gone. */
  #watch(): void {
    this.#cancelLook = this.#options.clock.schedule(silenceLimit / looks, () => {
      if (this.#silentLooks === looks) {
        const reason = `no sign of life from the coordinator for ${silenceLimit / 1000} s`;
        this.#close('tooSlow', reason, { kind: 'lost', reason, welcomed: this.#welcomed });
        return;
      }
      this.#silentLooks += 1;
      this.#watch();
    });
  }

  /** Leaves: goodbye, then close. */
  leave(reason: string): void {
    if (this.#state.name === 'closing' || this.#state.name === 'ended') return;
    this.#send({ type: 'goodbye', reason });
    this.#close('normal', reason, { kind: 'aborted' });
  }

  #receive(frame: Uint8Array): void {
    if (this.#state.name === 'preparing') this.#state.frames.push(frame);
    else this.#decode(() => this.#decoder.push(frame));
  }

  #beginFrame(bytes: number): void {
    if (this.#state.name === 'preparing' && bytes > 0) {
      this.#waitingFrame = { bytes: new Uint8Array(bytes), received: 0 };
      return;
    }
    this.#decode(() => {
      this.#decoder.begin(bytes);
      return undefined;
    });
  }

  #takePiece(piece: Uint8Array): void {
    const waiting = this.#waitingFrame;
    if (waiting === undefined) {
      this.#decode(() => this.#decoder.pushPiece(piece));
      return;
    }
    waiting.bytes.set(piece, waiting.received);
    waiting.received += piece.length;
    if (waiting.received < waiting.bytes.length) return;
    this.#waitingFrame = undefined;
    this.#receive(waiting.bytes);
  }

  #decode(take: () => Received<ToWorker> | undefined): void {
    if (this.#state.name === 'closing' || this.#state.name === 'ended') return;
    try {
      const received = take();
      if (received !== undefined) this.#dispatch(received);
    } catch (error) {
      if (error instanceof ProtocolError) this.#violated(error);
      else this.#failed(error);
    }
  }

  #place(message: ToWorker, bytes: number): Uint8Array | undefined {
    if (message.type === 'welcome' && bytes > maximumWelcomeBytes) {
      throw new ProtocolError('messageTooLarge', `welcome with ${bytes} bytes: at most ${maximumWelcomeBytes}`);
    }
    if (message.type === 'lease') return this.#placeSamples(bytes);
    if (message.type !== 'parameters') return undefined;
    return this.#placeParameters(this.#working(message), message, bytes);
  }

  #placeSamples(bytes: number): Uint8Array {
    if (this.#samples.length < bytes) this.#samples = new Uint8Array(bytes);
    return this.#samples.subarray(0, bytes);
  }

  /** From here on the parameters held are gone: the new ones are written over them as they arrive. */
  #placeParameters(working: Working, { step }: Parameters, bytes: number): Uint8Array {
    const { parameterBytes } = working.computation;
    if (bytes !== parameterBytes) {
      throw new ProtocolError('badMessage', `parameters of ${bytes} bytes: the graph has ${parameterBytes}`);
    }
    if (step < working.step) {
      throw new ProtocolError('badMessage', `parameters of step ${step} after those of step ${working.step}`);
    }
    working.step = step;
    return working.computation.parameterMemory();
  }

  #dispatch({ message, payload }: Received<ToWorker>): void {
    switch (message.type) {
      case 'welcome':
        if (this.#state.name !== 'greeting') throw unexpected(message, this.#state);
        this.#prepare(message, payload);
        break;
      case 'refused':
        if (this.#state.name !== 'greeting') throw unexpected(message, this.#state);
        this.#state = { name: 'refused', reason: message.reason };
        break;
      case 'parameters':
        this.#takeParameters(this.#working(message));
        break;
      case 'lease':
        this.#takeLease(this.#working(message), { lease: message, samples: payload });
        break;
      case 'finished':
        if (this.#state.name === 'refused') throw unexpected(message, this.#state);
        this.#close('normal', message.reason, { kind: 'finished', reason: message.reason });
        break;
      case 'heartbeat':
        this.#working(message);
        this.#send(message);
        break;
      case 'warning':
        this.#working(message);
        this.#options.onWarning(message.reason);
        break;
      default:
        message satisfies never;
    }
  }

  #working(message: ToWorker): Working {
    if (this.#state.name !== 'working') throw unexpected(message, this.#state);
    return this.#state;
  }

  #prepare(welcome: Welcome, payload: Uint8Array): void {
    const job = decodeAssignedJob(payload);
    this.#cancelDeadline();
    this.#welcomed = true;
    this.#watch();
    const preparing: State = { name: 'preparing', frames: [] };
    this.#state = preparing;
    this.#options.onWelcome(welcome);
    this.#options.engine.load(job).then(
      (computation) => {
        if (this.#state !== preparing) return;
        this.#checksum = computation.checksum;
        this.#state = { name: 'working', computation, step: -1, waiting: [] };
        for (const frame of preparing.frames) this.#receive(frame);
      },
      (error: unknown) => this.#failed(error),
    );
  }

  #takeParameters(working: Working): void {
    working.computation.parametersChanged();
    const waiting = working.waiting.splice(0);
    for (const each of waiting) this.#takeLease(working, each);
  }

  #takeLease(working: Working, waiting: WaitingLease): void {
    const { lease } = waiting;
    if (lease.step < working.step) return; // The coordinator has moved on: the answer could help nobody.
    if (lease.step === working.step) {
      this.#answer(working.computation, waiting);
      return;
    }
    if (working.waiting.length === maximumWaitingLeases) {
      throw new ProtocolError('badMessage', `more than ${maximumWaitingLeases} leases wait for their parameters`);
    }
    working.waiting.push({ lease, samples: new Uint8Array(waiting.samples) });
  }

  #answer(computation: Computation, { lease, samples }: WaitingLease): void {
    const { clock, onContribution } = this.#options;
    const start = clock.now();
    const { gradient, lossSum, metricSums, samples: found } = computation.compute(lease, samples);
    if (found !== lease.samples) {
      throw new ProtocolError('badMessage', `lease of ${lease.samples} samples holds ${found}`);
    }
    const milliseconds = Math.max(0, clock.now() - start);
    const { lease: id, step, shard } = lease;
    this.#send(
      { type: 'contribution', lease: id, step, shard, samples: found, lossSum, metricSums, milliseconds },
      gradient,
    );
    onContribution(lease, milliseconds);
  }

  #send(message: ToCoordinator, payload?: Uint8Array): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    const { allocate } = this.#pool;
    const { chunkBytes } = connection;
    const frames = encodeToCoordinator(message, payload, { allocate, checksum: this.#checksum, chunkBytes });
    connection.send(frames, () => this.#pool.release(frames));
  }

  #violated(error: ProtocolError): void {
    this.#close(error.closeName, error.message, {
      kind: 'lost',
      reason: error.closeName === 'corrupted' ? error.message : `the coordinator broke the protocol: ${error.message}`,
      welcomed: this.#welcomed,
    });
  }

  /** The engine failed: nothing that another attempt would mend. */
  #failed(error: unknown): void {
    if (this.#state.name === 'closing' || this.#state.name === 'ended') return;
    this.#failure = { error };
    this.leave('the worker failed');
  }

  #close(name: CloseName, reason: string, end: ConversationEnd): void {
    if (this.#state.name === 'closing' || this.#state.name === 'ended') return;
    this.#cancelDeadline();
    this.#cancelLook();
    this.#state = { name: 'closing', end };
    if (this.#connection === undefined) this.#settle(end);
    else this.#connection.close(closeCodes[name], closeReason(reason));
  }

  #closed(code: number, reason: string): void {
    switch (this.#state.name) {
      case 'closing':
        this.#settle(this.#state.end);
        break;
      case 'refused':
        this.#settle(this.#endOfRefusal(code, this.#state.reason));
        break;
      case 'ended':
        break;
      case 'connecting':
      case 'greeting':
      case 'preparing':
      case 'working':
        this.#settle(this.#endOfRefusal(code, describeClose(code, reason)));
        break;
      default:
        this.#state satisfies never;
    }
  }

  #endOfRefusal(code: number, reason: string): ConversationEnd {
    return isFinalRefusal(code) ? { kind: 'refused', reason } : { kind: 'lost', reason, welcomed: this.#welcomed };
  }

  #settle(end: ConversationEnd): void {
    this.#cancelDeadline();
    this.#cancelLook();
    this.#state = { name: 'ended' };
    if (this.#failure === undefined) this.#resolve(end);
    else this.#reject(this.#failure.error);
  }
}

function unexpected(message: ToWorker, state: State): ProtocolError {
  return new ProtocolError('badMessage', `message "${message.type}" in the state "${state.name}"`);
}
