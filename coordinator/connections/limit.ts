// What a limit is; those that there are stand in wire_limits.ts and http_limits.ts.

import type { CloseName } from '../../shared/protocol/close_codes.ts';

export interface Limit {
  /** Of `gradswarm train`. */
  readonly flag: `--max-${string}`;
  readonly default: number;
  readonly minimum: number;
  readonly maximum: number;
  /** What the number counts, as in "100 connections". */
  readonly unit: string;
  /** What is counted, and why it is bounded: one line of help, and of the protocol document. */
  readonly description: string;
  /** How whoever exceeds it is told: the close code of a WebSocket, the status of an HTTP response. */
  readonly told:
    | CloseName
    | `HTTP ${number}`
    | 'the connection is cut'
    | 'the answer comes later'
    | 'the welcome comes later'
    | 'nobody';
}

/** Limits by name. */
export type LimitTable = Readonly<Record<string, Limit>>;

/** The largest number that most limits can be set to. */
export const most = 1_000_000;
