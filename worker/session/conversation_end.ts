// How a conversation with a coordinator ends, and whether another attempt may succeed. Pure.

import { isFinalRefusal, isViolation, type ProtocolError } from '../../shared/protocol/close_codes.ts';

export type ConversationEnd =
  /** The run is over. */
  | { readonly kind: 'finished'; readonly reason: string }
  /** The coordinator does not want this worker and never will. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** The worker was told to stop. */
  | { readonly kind: 'aborted' }
  /** Anything else; the next attempt may succeed. */
  | {
      readonly kind: 'lost';
      readonly reason: string;
      readonly welcomed: boolean;
      /** Present if one side took what the other sent for a violation. */
      readonly violation?: true;
    };

/** The coordinator closed, or the connection broke. */
export function endOfClose(code: number, reason: string, welcomed: boolean): ConversationEnd {
  if (isFinalRefusal(code)) return { kind: 'refused', reason };
  return { kind: 'lost', reason, welcomed, ...(isViolation(code) ? { violation: true } : {}) };
}

/** The worker closes because of what the coordinator sent. */
export function endOfViolation({ closeName, message }: ProtocolError, welcomed: boolean): ConversationEnd {
  if (closeName === 'corrupted') return { kind: 'lost', reason: message, welcomed };
  return { kind: 'lost', reason: `the coordinator broke the protocol: ${message}`, welcomed, violation: true };
}
