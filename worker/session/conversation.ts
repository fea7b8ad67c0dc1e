// One connection's worth of the protocol, seen from the worker: from hello to the close. Frames in, frames out; the
// transport, the clock and the engine are arguments. See shared/protocol/PROTOCOL.md.

import { InputError } from '../../shared/errors.ts';
import { decodeAssignedJob } from '../../shared/protocol/assigned_job.ts';
import {
  type CloseName,
  closeCodes,
  closeReason,
  describeClose,
  ProtocolError,
} from '../../shared/protocol/close_codes.ts';
import type { Connection, ConnectionHandlers } from '../../shared/protocol/connection.ts';
import type { Received } from '../../shared/protocol/decode.ts';
import { maximumWarnings, welcomeTimeout } from '../../shared/protocol/limits.ts';
import type { ToWorker, Welcome } from '../../shared/protocol/messages.ts';
import { plainText } from '../../shared/protocol/plain_text.ts';
import type { Computation } from './computation.ts';
import { type ConversationEnd, endAtLimit, endOfClose, endOfRun, endOfViolation } from './conversation_end.ts';
import type { ConversationOptions } from './conversation_options.ts';
import { expectGreeting, isOver, type State, unexpected } from './conversation_state.ts';
import { LeaseWork, type OnAnswer } from './lease_work.ts';
import { LimitExceeded, workerLimits } from './limits.ts';
import { Receiver } from './receiver.ts';
import { Sender } from './sender.ts';
import { SilenceWatch } from './silence_watch.ts';

export class Conversation {
  /** Handed to the transport. */
  readonly handlers: ConnectionHandlers = {
    onFrame: (frame) => {
      this.#watch.heard();
      this.#receiver.push(frame);
    },
    onFrameStart: (bytes) => this.#receiver.begin(bytes),
    onFramePiece: (piece) => {
      this.#watch.heard();
      this.#receiver.pushPiece(piece);
    },
    onRefused: (error) => this.#violated(error),
    onClosed: (code, reason) => this.#closed(code, reason),
  };
  /** How it ended; rejects if the engine failed. */
  readonly ended: Promise<ConversationEnd>;
  readonly #options: ConversationOptions;
  readonly #receiver: Receiver;
  readonly #watch: SilenceWatch;
  #state: State = { name: 'connecting' };
  /** Undefined before the connection is open. */
  #sender: Sender | undefined;
  #computation: Computation | undefined;
  #welcomed = false;
  #warnings = 0;
  #failure: { readonly error: unknown } | undefined;
  #resolve: (end: ConversationEnd) => void = () => undefined;
  #reject: (error: unknown) => void = () => undefined;
  #cancelDeadline: () => void = () => undefined;

  constructor(options: ConversationOptions) {
    this.#options = options;
    this.#receiver = new Receiver({
      limits: options.limits,
      placeWeights: (message, bytes) => this.#workFor(message).placeWeights(message, bytes),
      onMessage: (received) => this.#dispatch(received),
      onError: (error) => this.#failed(error),
    });
    this.#watch = new SilenceWatch(options.clock, (reason) => {
      this.#close('tooSlow', reason, { kind: 'lost', cause: 'connection', reason, welcomed: this.#welcomed });
    });
    this.ended = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Says hello over the connection that the transport has opened. */
  begin(connection: Connection): void {
    // Something came before it was asked for: nobody else holds the connection.
    if (this.#state.name !== 'connecting') connection.close(closeCodes.badMessage, 'a message before hello');
    if (this.#state.name !== 'connecting') return;
    this.#sender = new Sender(connection, this.#options.limits, this.#options.allocate);
    this.#state = { name: 'greeting' };
    this.#cancelDeadline = this.#options.clock.schedule(welcomeTimeout, () => {
      this.#violated(new ProtocolError('tooSlow', `no welcome within ${welcomeTimeout / 1000} s`));
    });
    this.#sender?.send(this.#options.hello);
  }

  /** Leaves: goodbye, then close. */
  leave(reason: string): void {
    if (isOver(this.#state)) return;
    this.#sender?.send({ type: 'goodbye', reason });
    this.#close('normal', reason, { kind: 'aborted' });
  }

  #dispatch({ message, payload }: Received<ToWorker>): void {
    switch (message.type) {
      case 'welcome':
        expectGreeting(message, this.#state);
        this.#prepare(message, payload);
        break;
      case 'refused':
        expectGreeting(message, this.#state);
        this.#state = { name: 'refused', reason: message.reason };
        break;
      case 'frozen':
      case 'parameters':
        this.#workFor(message).takeWeights(message);
        break;
      case 'lease':
        this.#workFor(message).takeLease(message, payload);
        break;
      case 'finished':
      case 'stopped':
        if (this.#state.name === 'refused') throw unexpected(message, this.#state);
        this.#close('normal', message.reason, endOfRun(message, this.#welcomed));
        break;
      case 'heartbeat':
        this.#workFor(message);
        this.#sender?.answer(message);
        break;
      case 'warning':
        this.#workFor(message);
        this.#warn(message.reason);
        break;
      default:
        message satisfies never;
    }
  }

  /** A worker's answers are refused so often at most before the coordinator closes. */
  #warn(reason: string): void {
    this.#warnings += 1;
    if (this.#warnings > maximumWarnings)
      throw new ProtocolError('badMessage', `more than ${maximumWarnings} warnings`);
    this.#options.onWarning(reason);
  }

  #workFor(message: ToWorker): LeaseWork {
    if (this.#state.name !== 'working') throw unexpected(message, this.#state);
    return this.#state.work;
  }

  #prepare(welcome: Welcome, payload: Uint8Array): void {
    const job = decodeAssignedJob(payload);
    this.#cancelDeadline();
    this.#welcomed = true;
    this.#watch.start();
    this.#state = { name: 'preparing' };
    this.#receiver.pause();
    this.#options.onWelcome(welcome);
    this.#options.engine.load(job, this.#options.limits).then(
      (computation) => this.#begunWith(computation),
      (error: unknown) => this.#failed(error),
    );
  }

  #begunWith(computation: Computation): void {
    this.#computation = computation;
    if (this.#state.name !== 'preparing') computation.close?.();
    if (this.#state.name !== 'preparing') return;
    if (this.#sender !== undefined) this.#sender.checksum = computation.checksum;
    const { clock, limits, onContribution } = this.#options;
    const onAnswer: OnAnswer = (lease, contribution, vector) => {
      if (isOver(this.#state)) return; // while it was computed
      this.#sender?.answer(contribution, vector);
      onContribution(lease, contribution.milliseconds);
    };
    const work = new LeaseWork({
      ...{ computation, clock, limits, onAnswer },
      pause: () => this.#receiver.pause(),
      resume: () => this.#receiver.resume(computation.checksum),
      onError: (error) => this.#failed(error),
    });
    this.#state = { name: 'working', work };
    this.#receiver.resume(computation.checksum);
  }

  #violated(error: ProtocolError): void {
    this.#close(error.closeName, error.message, endOfViolation(error, this.#welcomed));
  }

  /** Says goodbye to a coordinator that asks for too much. */
  #exceeded(error: LimitExceeded): void {
    if (isOver(this.#state)) return;
    this.#sender?.send({ type: 'goodbye', reason: error.message });
    this.#close(workerLimits[error.limit].told, error.message, endAtLimit(error, this.#welcomed));
  }

  /** What failed is the other side, or this one's engine: nothing that another attempt would mend. */
  #failed(error: unknown): void {
    if (error instanceof ProtocolError) this.#violated(error);
    else if (error instanceof LimitExceeded) this.#exceeded(error);
    else if (!isOver(this.#state)) {
      // What is wrong with a job quotes it.
      this.#failure = { error: error instanceof InputError ? new InputError(plainText(error.message)) : error };
      this.leave('the worker failed');
    }
  }

  #close(name: CloseName, reason: string, end: ConversationEnd): void {
    if (isOver(this.#state)) return;
    this.#stopListening();
    this.#state = { name: 'closing', end };
    if (this.#sender === undefined) this.#settle(end);
    else this.#sender.close(closeCodes[name], closeReason(reason));
  }

  #closed(code: number, reason: string): void {
    switch (this.#state.name) {
      case 'closing':
        this.#settle(this.#state.end);
        break;
      case 'refused':
        this.#settle(endOfClose(code, this.#state.reason, this.#welcomed));
        break;
      case 'ended':
        break;
      case 'connecting':
      case 'greeting':
      case 'preparing':
      case 'working':
        this.#settle(endOfClose(code, describeClose(code, reason), this.#welcomed));
        break;
      default:
        this.#state satisfies never;
    }
  }

  #settle(end: ConversationEnd): void {
    this.#stopListening();
    this.#state = { name: 'ended' };
    if (this.#failure === undefined) this.#resolve(end);
    else this.#reject(this.#failure.error);
  }

  #stopListening(): void {
    this.#receiver.stop();
    this.#computation?.close?.();
    this.#cancelDeadline();
    this.#watch.stop();
  }
}
