// What the coordinator tells those who watch a run: JSON, one message per server-sent event. First a snapshot of all that
// happened, then what is new.

import type { Gives, Takes } from '../model/takes_and_gives.ts';
import type { PersonView } from './people.ts';

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
  /** Whose it is: the id of one of the people. */
  readonly person: string;
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
  /** Units of a full mini-batch: no more workers can be busy at a time. */
  readonly unitsPerStep: number;
  /** Who may see and help: whoever reaches the page, or who has a link that carries a token. */
  readonly access: 'open' | 'by link';
  /** Where the run waits in its lobby: whether whoever is told this may start it. */
  readonly mayStart?: true;
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

/**
 * `lobby`: people join, and nothing is computed before somebody starts the run. `stopped`: it is kept and will go on.
 */
export type RunPhase = 'lobby' | 'waiting' | 'training' | 'evaluating' | 'finished' | 'stopped';

/** What came out. */
export interface ResultView {
  /** SHA-256 of the parameters. */
  readonly parametersDigest: string;
  /** What was recomputed from the ledger and agreed, if that was done: how many steps. */
  readonly replayedSteps?: number;
}

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
  /** In the lobby: how many people it waits for, if it begins by itself. */
  readonly waitsFor?: number;
  /** Once it is over. */
  readonly result?: ResultView;
}

/** What a run looks like: all of it, or what is new. */
export type RunMessage =
  | {
      readonly type: 'snapshot';
      readonly run: RunView;
      readonly steps: readonly StepPoint[];
      readonly epochs: readonly EpochPoint[];
      /** All who have given something or are there. */
      readonly people: readonly PersonView[];
      readonly state: RunState;
    }
  /** `steps` and `epochs` are those that have come since the message before, `people` those who have changed. */
  | {
      readonly type: 'update';
      readonly steps: readonly StepPoint[];
      readonly epochs: readonly EpochPoint[];
      readonly people: readonly PersonView[];
      readonly state: RunState;
    };

/** The last message of a coordinator that ends: its model, for whoever has tried it already. */
export interface WeightsMessage {
  readonly type: 'weights';
  readonly step: number;
  /** As `GET /parameters` answers, in base64. */
  readonly parameters: string;
}

export type WatchMessage = RunMessage | WeightsMessage;

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
