// How a conversation with a coordinator ends, and whether another attempt may succeed. Pure.

import {
  closeCodes,
  isFinalRefusal,
  isViolation,
  type ProtocolError,
  returnAfter,
} from '../../shared/protocol/close_codes.ts';
import type { Finished, Stopped } from '../../shared/protocol/messages.ts';
import { plainText } from '../../shared/protocol/plain_text.ts';
import type { LossCause } from './backoff.ts';
import { Busy } from './connection.ts';
import type { LimitExceeded, WorkerLimitName } from './limits.ts';

/** The next attempt may succeed. */
export interface Lost {
  readonly kind: 'lost';
  readonly cause: LossCause;
  readonly reason: string;
  readonly welcomed: boolean;
  /** Milliseconds that the other side asked to wait. */
  readonly retryAfter?: number;
  /** What the coordinator asked too much of, where that is the cause. */
  readonly limit?: WorkerLimitName;
}

export type ConversationEnd =
  /** The run is over. */
  | { readonly kind: 'finished'; readonly reason: string }
  /** The coordinator does not want this worker and never will. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** The worker was told to stop. */
  | { readonly kind: 'aborted' }
  | Lost;

/** The coordinator closed, or the connection broke. */
export function endOfClose(code: number, reason: string, welcomed: boolean): ConversationEnd {
  if (isFinalRefusal(code)) return { kind: 'refused', reason };
  const retryAfter = code === closeCodes.tooMany ? returnAfter(reason) : undefined;
  return { kind: 'lost', cause: causeOf(code), reason, welcomed, ...(retryAfter === undefined ? {} : { retryAfter }) };
}

function causeOf(code: number): LossCause {
  if (code === closeCodes.tooMany) return 'busy';
  return isViolation(code) ? 'violation' : 'connection';
}

/** The coordinator has said that the run is over, or was stopped and will go on. */
export function endOfRun({ type, reason }: Finished | Stopped, welcomed: boolean): ConversationEnd {
  return type === 'finished' ? { kind: type, reason } : { kind: 'lost', cause: type, reason, welcomed };
}

/** The worker closes because of what the coordinator sent. */
export function endOfViolation({ closeName, message }: ProtocolError, welcomed: boolean): ConversationEnd {
  // A network that alters bytes, and a coordinator that is as good as absent.
  if (closeName === 'corrupted' || closeName === 'tooSlow') {
    return { kind: 'lost', cause: 'connection', reason: message, welcomed };
  }
  const reason = `the coordinator broke the protocol: ${message}`;
  return { kind: 'lost', cause: 'violation', reason, welcomed };
}

/** No connection came about. */
export function endOfAttempt(error: unknown): Lost {
  const reason = plainText(error instanceof Error ? error.message : String(error));
  const lost = { kind: 'lost', reason, welcomed: false } as const;
  if (!(error instanceof Busy)) return { ...lost, cause: 'connection' };
  const { retryAfter } = error;
  return { ...lost, cause: 'busy', ...(retryAfter === undefined ? {} : { retryAfter }) };
}

/** The worker leaves because the coordinator asks for too much. */
export function endAtLimit({ limit, message }: LimitExceeded, welcomed: boolean): ConversationEnd {
  return { kind: 'lost', cause: 'limit', reason: message, welcomed, limit };
}
