// A worker's life: connect, converse, and reconnect after every loss, until the run is over or somebody says stop.
// The platform is an argument: this file and all that it imports run in Node and in a browser alike.

import type { Clock } from '../../shared/clock.ts';
import type { Connection } from '../../shared/protocol/connection.ts';
import type { Allocate } from '../../shared/protocol/encode.ts';
import { type Hello, protocolVersion, type Volunteer, type Welcome } from '../../shared/protocol/messages.ts';
import { requireToken } from '../../shared/protocol/token.ts';
import { wait } from '../../shared/wait.ts';
import type { LossCause } from './backoff.ts';
import type { WorkerEngine } from './computation.ts';
import type { Connect } from './connection.ts';
import { Conversation } from './conversation.ts';
import { type ConversationEnd, endOfAttempt, type Lost } from './conversation_end.ts';
import type { WorkerLimitName, WorkerLimits } from './limits.ts';
import { Retries } from './retries.ts';

export type WorkerEvent =
  /** The handshake succeeded. */
  | {
      readonly type: 'connected';
      readonly workerId: string;
      readonly jobDigest: string;
      /** By what the volunteer is known to all, if there is one. */
      readonly volunteer?: string;
    }
  /** A lease was answered. */
  | { readonly type: 'contributed'; readonly samples: number; readonly milliseconds: number }
  /** The coordinator did not count an answer. */
  | { readonly type: 'warned'; readonly reason: string }
  /** A connection was lost, or (`welcomed` false) did not come about; another attempt follows after that time. */
  | {
      readonly type: 'retrying';
      readonly reason: string;
      readonly welcomed: boolean;
      /** What another attempt may mend, and how soon; see `LossCause`. */
      readonly cause: LossCause;
      /** What the coordinator asked too much of, where that is the cause. */
      readonly limit?: WorkerLimitName;
      readonly milliseconds: number;
    };

/** Why a worker ended. */
export type WorkerOutcome =
  | { readonly kind: 'finished'; readonly reason: string }
  | { readonly kind: 'refused'; readonly reason: string }
  /** No connection within `retryFor`. */
  | { readonly kind: 'gave up'; readonly reason: string }
  | { readonly kind: 'aborted' };

export interface WorkerOptions {
  readonly connect: Connect;
  readonly engine: WorkerEngine;
  readonly kind: Hello['kind'];
  readonly cores: number;
  readonly token?: string;
  /** Whose work it is. */
  readonly volunteer?: Volunteer;
  /** What the coordinator may cost. */
  readonly limits: WorkerLimits;
  /** Milliseconds without a welcome after which to give up: 0 to try once, Infinity to try for ever. */
  readonly retryFor: number;
  readonly signal: AbortSignal;
  readonly onEvent: (event: WorkerEvent) => void;
  readonly clock: Clock;
  /** Numbers in [0, 1), for the jitter of the retries only. */
  readonly random: () => number;
  readonly allocate?: Allocate;
}

/**
 * Works until there is a reason not to. Rejects only if the engine fails.
 * @throws {InputError} if the token could never be right.
 */
export async function runWorker(options: WorkerOptions): Promise<WorkerOutcome> {
  const { clock, signal, retryFor, onEvent, random, token } = options;
  if (token !== undefined) requireToken(token);
  const retries = new Retries({ retryFor, now: clock.now() });
  let last: Lost | undefined;
  for (;;) {
    const ended = await converse(options);
    if (ended.kind !== 'lost') return ended;
    const end = sinceStop(last, ended);
    last = end;
    if (signal.aborted) return { kind: 'aborted' };
    const { reason, welcomed, cause, limit } = end;
    const milliseconds = retries.after(end, clock.now(), random());
    if (milliseconds === undefined) return { kind: 'gave up', reason };
    onEvent({
      type: 'retrying',
      reason,
      welcomed,
      cause,
      ...(limit === undefined ? {} : { limit }),
      milliseconds,
    });
    await wait(clock, milliseconds, signal);
    if (signal.aborted) return { kind: 'aborted' };
  }
}

/** While a run that was stopped has not come back, nothing is wrong with a coordinator that cannot be reached. */
function sinceStop(before: Lost | undefined, end: Lost): Lost {
  if (before?.cause !== 'stopped' || end.cause !== 'connection' || end.welcomed) return end;
  return { ...end, cause: 'stopped', reason: before.reason };
}

async function converse(options: WorkerOptions): Promise<ConversationEnd> {
  const { engine, clock, limits, signal, onEvent, allocate } = options;
  const conversation = new Conversation({
    engine,
    hello: helloOf(options),
    limits,
    clock,
    ...(allocate === undefined ? {} : { allocate }),
    onWelcome: ({ workerId, jobDigest, volunteer }: Welcome) =>
      onEvent({ type: 'connected', workerId, jobDigest, ...(volunteer === undefined ? {} : { volunteer }) }),
    onWarning: (reason) => onEvent({ type: 'warned', reason }),
    onContribution: ({ samples }, milliseconds) => onEvent({ type: 'contributed', samples, milliseconds }),
  });
  const leave = () => conversation.leave('the worker was stopped');
  let connection: Connection;
  try {
    connection = await options.connect(conversation.handlers, signal);
  } catch (error) {
    return endOfAttempt(error);
  }
  signal.addEventListener('abort', leave);
  try {
    conversation.begin(connection);
    if (signal.aborted) leave();
    return await conversation.ended;
  } finally {
    signal.removeEventListener('abort', leave);
  }
}

function helloOf({ engine, kind, cores, token, volunteer }: WorkerOptions): Hello {
  const holds = engine.held?.();
  return {
    type: 'hello',
    protocol: protocolVersion,
    engineDigest: engine.digest,
    probes: engine.probes,
    kind,
    cores,
    ...(engine.threads === undefined ? {} : { threads: engine.threads }),
    ...(token === undefined ? {} : { token }),
    ...(holds === undefined ? {} : { holds }),
    ...(volunteer === undefined ? {} : { volunteer }),
  };
}
