// What a worker's connection needs of the run that it belongs to.

import type { Clock } from '../../shared/clock.ts';
import type { Checksum } from '../../shared/protocol/checksum.ts';
import type { Place } from '../../shared/protocol/decode.ts';
import type { Contribution, Hello } from '../../shared/protocol/messages.ts';
import type { WorkerId } from '../training/lease.ts';
import type { Role } from './access.ts';
import type { JoinTurns } from './join_turns.ts';
import type { MemoryBudget } from './memory_budget.ts';
import type { TrafficLimits } from './traffic.ts';
import type { Trouble } from './trouble_log.ts';
import type { WorkerConnection } from './worker_connection.ts';

export interface WorkerConnectionHandlers {
  /** Judges the handshake: the role of the worker. @throws {ProtocolError} to refuse it. */
  readonly checkHello: (hello: Hello, address: string) => Role;
  /** The handshake was accepted. */
  readonly onJoined: (connection: WorkerConnection, hello: Hello) => void;
  /**
   * Where the payload of a contribution is to be written; nowhere if that was refused. Asked when it begins, and again if
   * that memory was detached while it arrived.
   */
  readonly placeGradient: (connection: WorkerConnection, contribution: Contribution, bytes: number) => Place;
  /** Knows the memory that `placeGradient` names. */
  readonly checksum: Checksum;
  readonly onContribution: (connection: WorkerConnection, contribution: Contribution, payloadBytes: number) => void;
  /** A heartbeat came back: with it all answers to what was sent before it have come. */
  readonly onHeartbeat: (connection: WorkerConnection, beat: number) => void;
  /** Called exactly once for a connection whose hello was accepted, however it ends. */
  readonly onClosed: (connection: WorkerConnection, reason: string) => void;
  /** One of these functions threw what was no refusal: a mistake of ours. */
  readonly onFailed: (error: unknown) => void;
  /** One line for the operator. */
  readonly onTrouble: (trouble: Trouble, line: string) => void;
}

export interface WorkerConnectionOptions {
  readonly id: WorkerId;
  readonly address: string;
  /** The longest payload accepted, in bytes. */
  readonly maximumPayload: number;
  /** Bytes that may wait to be sent. */
  readonly maximumUnsent: number;
  readonly limits: TrafficLimits;
  readonly joinTurns: JoinTurns;
  readonly memory: MemoryBudget;
  readonly clock: Clock;
  readonly handlers: WorkerConnectionHandlers;
}
