// The codes that a WebSocket of ours closes with, and the error that carries one.

import { plainText } from './plain_text.ts';

/** WebSocket close codes by name; PROTOCOL.md says what each means. 4xxx are ours. */
export const closeCodes = {
  normal: 1000,
  goingAway: 1001,
  badMessage: 4400,
  unknownToken: 4401,
  protocolMismatch: 4406,
  engineMismatch: 4407,
  tooSlow: 4408,
  numericsMismatch: 4409,
  corrupted: 4410,
  messageTooLarge: 4413,
  tooMany: 4429,
} as const;

export type CloseName = keyof typeof closeCodes;

const closeWords: Readonly<Record<CloseName, string>> = {
  normal: 'closed normally',
  goingAway: 'the other side is shutting down',
  badMessage: 'a message broke the protocol',
  unknownToken: 'the token is missing or wrong',
  protocolMismatch: 'protocol versions differ',
  engineMismatch: 'engine versions differ',
  tooSlow: 'no answer in time',
  numericsMismatch: 'this machine computes other bits in the numerics profile of the job',
  corrupted: 'a message was changed on the way',
  messageTooLarge: 'a message was too large',
  tooMany: 'too much at once',
};

/**
 * A violation of the protocol, with the code that the socket is to be closed with. Its message is plain text, whatever it
 * was made of.
 */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly closeName: CloseName;

  constructor(closeName: CloseName, message: string) {
    super(plainText(message));
    this.closeName = closeName;
  }

  get closeCode(): number {
    return closeCodes[this.closeName];
  }
}

/** The protocol has no text; for transports that see whole messages. */
export function textRefused(): ProtocolError {
  return new ProtocolError('badMessage', 'text frame: only binary frames are spoken here');
}

export function closeNameOf(code: number): CloseName | undefined {
  for (const [name, value] of Object.entries(closeCodes)) {
    if (value === code) return name as CloseName;
  }
  return undefined;
}

/** Says in words why a socket closed. */
export function describeClose(code: number, reason: string): string {
  const name = closeNameOf(code);
  const words = name === undefined ? `connection lost (close code ${code})` : closeWords[name];
  const plain = plainText(reason);
  return plain === '' ? words : `${words}: ${plain}`;
}

/** True if a worker closed with this code must not try again: it would be refused again. */
export function isFinalRefusal(code: number): boolean {
  switch (closeNameOf(code)) {
    case 'unknownToken':
    case 'protocolMismatch':
    case 'engineMismatch':
    case 'numericsMismatch':
      return true;
    default:
      return false;
  }
}

/** True if this code says that the other side took a message for a violation: to send the like again will not help. */
export function isViolation(code: number): boolean {
  const name = closeNameOf(code);
  return name === 'badMessage' || name === 'messageTooLarge';
}

/** The reason of a close with `tooMany`, in which the other side finds when to come again. */
export function crowdedReason(reason: string, wait: number): string {
  return `${reason}; come back in ${Math.ceil(wait / 1000)} s`;
}

/** Milliseconds after which a reason asks to come again; undefined if it does not. */
export function returnAfter(reason: string): number | undefined {
  const [, seconds] = /; come back in (\d{1,4}) s$/.exec(reason) ?? [];
  return seconds === undefined ? undefined : 1000 * Number(seconds);
}

/** True if whoever is closed with this code has earned it by what he sent, or did not send in time. */
export function isBlame(code: number): boolean {
  const name = closeNameOf(code);
  return name === 'corrupted' || name === 'tooSlow' || name === 'tooMany' || isViolation(code);
}

/** WebSocket allows a close reason at most this many bytes of UTF-8. */
const maximumReasonBytes = 123;

/** Plain text, shortened to what fits a WebSocket close frame, at a character's border. */
export function closeReason(text: string): string {
  const encoder = new TextEncoder();
  let bytes = 0;
  let kept = '';
  for (const character of plainText(text)) {
    bytes += encoder.encode(character).length;
    if (bytes > maximumReasonBytes) return kept;
    kept += character;
  }
  return kept;
}
