// Whether a connection is still worth keeping. Any byte received is a sign of life; a worker in the middle of a long
// computation gives none, so whoever holds a lease may be silent for longer. Pure.

import { messageTimeLimit, silenceLimit } from '../../shared/protocol/limits.ts';

export interface SignsOfLife {
  /** When the last byte came, in monotonic milliseconds. */
  readonly receivedAt: number;
  /** Until when a computation excuses silence, in monotonic milliseconds; undefined if the worker has nothing to do. */
  readonly excusedUntil: number | undefined;
  /** The message of which only a part has come: since when, how long it is, and how much of it is here. */
  readonly arriving: { readonly since: number; readonly bytes: number; readonly come: number } | undefined;
  /** Since when the system has taken nothing over of what waits to be sent, and how much that is. */
  readonly unsent: { readonly since: number; readonly bytes: number } | undefined;
}

/** What is wrong with the connection, in words for its close; undefined if it is fine. */
export function faultOf({ receivedAt, excusedUntil, arriving, unsent }: SignsOfLife, now: number): string | undefined {
  if (unsent !== undefined && now - unsent.since > messageTimeLimit(unsent.bytes)) {
    return `takes nothing it is sent: ${unsent.bytes} bytes have waited for ${seconds(now - unsent.since)} s`;
  }
  // What has come must have come at the speed of the slowest link: whoever dribbles is not waited for to the end.
  if (arriving !== undefined && now - arriving.since > messageTimeLimit(arriving.come)) {
    const { come, bytes, since } = arriving;
    return `only ${come} bytes of a message of ${bytes} have come in ${seconds(now - since)} s`;
  }
  // Whoever receives has nothing to say meanwhile; that it does is seen by what is taken over.
  const silent = now - Math.max(receivedAt, excusedUntil ?? 0, unsent?.since ?? 0);
  return silent > silenceLimit ? `no sign of life for ${seconds(now - receivedAt)} s` : undefined;
}

function seconds(milliseconds: number): number {
  return Math.round(milliseconds / 1000);
}
