// What a run tells whoever follows it, from its first moment to its last.

import type { EpochRecord, Measurement } from '../training/evaluation.ts';
import type { CountedShard } from '../training/trainer_messages.ts';
import type { WorkerChange } from './run_events.ts';

/** The first event: the port is open and the run’s folder exists; no step has been computed. */
export interface StartedEvent {
  readonly type: 'started';
  /** The port that listens, if one does. */
  readonly port?: number;
}

/** A step has been applied. While listeners are called, the parameters are those of `step`. */
export interface StepEvent {
  readonly type: 'step';
  /** Steps done, from 1. */
  readonly step: number;
  /** Loss and metrics over the step’s mini-batch, before its update. */
  readonly measurement: Measurement;
  /** Who computed which microbatches of it. */
  readonly contributions: readonly CountedShard[];
}

/** An epoch has ended and its parameters have been measured. */
export interface EpochEvent extends EpochRecord {
  readonly type: 'epoch';
}

/** A worker has joined or left, or an answer of it was refused. */
export interface WorkerChangeEvent {
  readonly type: 'worker';
  /** Which worker, and what happened to it. */
  readonly change: WorkerChange;
}

/** Those who waited in the lobby have begun. */
export interface BegunEvent {
  readonly type: 'begun';
  /** How many workers they are. */
  readonly workers: number;
}

/** A checkpoint is on disk, whole and durable. */
export interface CheckpointEvent {
  readonly type: 'checkpoint';
  /** The step whose parameters it holds. */
  readonly step: number;
  /** Its path. */
  readonly file: string;
}

/** Something went wrong that the run survives, or works again: one sentence for people. */
export interface WarningEvent {
  readonly type: 'warning';
  /** One sentence. */
  readonly message: string;
}

/** Told apart by `type`. */
export type TrainingEvent =
  | StartedEvent
  | BegunEvent
  | StepEvent
  | EpochEvent
  | WorkerChangeEvent
  | CheckpointEvent
  | WarningEvent;
