// What the coordinator tells those who watch a run: JSON, one message per server-sent event. First a snapshot of all that
// happened, then what is new.

import type { Gives, Takes } from '../model/takes_and_gives.ts';

/** The mean over the steps of a stretch that ends with `step`. */
export interface StepPoint {
  readonly step: number;
  readonly loss: number;
  /** 0 to 1, where the job measures it. */
  readonly accuracy?: number;
  /** Milliseconds a step; unknown of steps before a resume. */
  readonly duration?: number;
}

export interface MeasuredSet {
  readonly loss: number;
  readonly accuracy?: number;
}

export interface EpochPoint {
  readonly epoch: number;
  readonly step: number;
  readonly training?: MeasuredSet;
  readonly validation?: MeasuredSet;
  readonly test?: MeasuredSet;
}

export interface WorkerView {
  readonly id: string;
  readonly kind: 'node' | 'browser' | 'coordinator';
  /** Where it is, for administrators. */
  readonly address?: string;
  /** Samples whose gradients were counted. */
  readonly samples: number;
  /** Gradients that were counted. */
  readonly contributions: number;
  /** While it computes, samples a second. */
  readonly speed?: number;
  /** Milliseconds of a lease that are not computation. */
  readonly latency?: number;
  /** Leases that it holds now. */
  readonly leases: number;
}

export interface Verdict {
  readonly verdict: string;
  readonly sentence: string;
}

/** What does not change during a run. */
export interface RunView {
  readonly name: string;
  readonly description: string;
  readonly digest: string;
  /** The effective job, as JSON for people. */
  readonly job: string;
  readonly totalSteps: number;
  readonly stepsPerEpoch: number;
  readonly parameters: number;
  readonly trainingSamples: number;
  readonly teaches: Teaching;
  /** How others can help, for those who may pass it on; whoever is not told may only watch. */
  readonly invitation?: Invitation;
}

/** What a model learns, in a word each. */
export interface Teaching {
  readonly takes: Takes['kind'];
  readonly gives: Gives['kind'];
  /** Classes, labels or figures that it gives; the size of a vocabulary. */
  readonly outputs: number;
}

export interface Invitation {
  /** Where others reach this page; the first is the best to show. None if only this machine can. */
  readonly addresses: readonly string[];
  /** What their link must carry; undefined if nobody is asked for a token. */
  readonly token?: string;
}

/** `stopped`: it is kept and will go on. */
export type RunPhase = 'waiting' | 'training' | 'evaluating' | 'finished' | 'stopped';

/** What changes all the time. */
export interface RunState {
  readonly phase: RunPhase;
  readonly step: number;
  readonly samplesPerSecond: number;
  readonly workers: readonly WorkerView[];
  /** The newest checkpoint, by its step. */
  readonly checkpoint?: number;
  /** Checkpoints that were due and not written because the disk could not keep up. */
  readonly skippedCheckpoints?: number;
  /** Why saving does not work just now. */
  readonly trouble?: string;
  readonly fit?: Verdict;
}

export type WatchMessage =
  | {
      readonly type: 'snapshot';
      readonly run: RunView;
      readonly steps: readonly StepPoint[];
      readonly epochs: readonly EpochPoint[];
      readonly state: RunState;
    }
  /** `steps` and `epochs` are those that have come since the message before. */
  | {
      readonly type: 'update';
      readonly steps: readonly StepPoint[];
      readonly epochs: readonly EpochPoint[];
      readonly state: RunState;
    };

/** What `GET /model` answers: all that a tab needs to use the model, besides the parameters. */
export interface ModelDescription {
  readonly numerics: 'portable' | 'fused';
  /** The op graph, unchecked. */
  readonly graph: unknown;
  /** SHA-256 of the frozen weights, where the model has some: `/frozen` gives them. */
  readonly frozen?: string;
  /** Samples in the test set, and how many of them may be asked for at once. */
  readonly testSamples: number;
  readonly samplesAtOnce: number;
  readonly takes: Takes;
  readonly gives: Gives;
}
