// Whether a connection is still worth keeping. Any byte received is a sign of life; a worker in the middle of a long
// computation gives none, so whoever holds a lease may be silent for longer. Pure.

import { silenceLimit } from '../../shared/protocol/limits.ts';

/** A link slower than this, in bytes per millisecond (256 kbit/s), is too slow to train over. */
const slowestLink = 32;

export interface SignsOfLife {
  /** When the last byte came, in monotonic milliseconds. */
  readonly receivedAt: number;
  /** Until when a computation excuses silence, in monotonic milliseconds; undefined if the worker has nothing to do. */
  readonly excusedUntil: number | undefined;
  /** The frame of which only a part has come: since when, and how long it is. */
  readonly arriving: { readonly since: number; readonly bytes: number } | undefined;
  /** The oldest message that the system has not taken over yet, and how much waits behind it. */
  readonly unsent: { readonly since: number; readonly bytes: number } | undefined;
}

/** What is wrong with the connection, in words for its close; undefined if it is fine. */
export function faultOf({ receivedAt, excusedUntil, arriving, unsent }: SignsOfLife, now: number): string | undefined {
  if (unsent !== undefined && isTooSlow(unsent, now)) {
    return `takes nothing it is sent: ${unsent.bytes} bytes have waited for ${seconds(now - unsent.since)} s`;
  }
  if (arriving !== undefined && isTooSlow(arriving, now)) {
    return `a frame of ${arriving.bytes} bytes has not come whole in ${seconds(now - arriving.since)} s`;
  }
  const silent = now - Math.max(receivedAt, excusedUntil ?? 0);
  return silent > silenceLimit ? `no sign of life for ${seconds(now - receivedAt)} s` : undefined;
}

function isTooSlow({ since, bytes }: { readonly since: number; readonly bytes: number }, now: number): boolean {
  return now - since > silenceLimit + bytes / slowestLink;
}

function seconds(milliseconds: number): number {
  return Math.round(milliseconds / 1000);
}
