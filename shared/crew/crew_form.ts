// How a crew is formed on one machine or another: what whoever computes for a session knows of it.

import type { Samples } from '../data/samples.ts';
import type { Engine } from '../engine/engine.ts';
import type { Graph } from '../engine/graph.ts';
import type { BetweenPasses, Replica } from '../engine/replica.ts';
import type { WorkAnswer } from '../work/work_kind.ts';
import { compute, type Work } from '../work/work_kinds.ts';

/** What a crew is formed around. */
export interface CrewParts {
  /** The lead's. */
  readonly engine: Engine;
  readonly replica: Replica;
  /** What the replica was compiled from. */
  readonly graph: Graph;
  /** Bytes that each mate's engine may use. */
  readonly maximumBytes: number;
}

export interface FormedCrew {
  /**
   * Does the work with the lead's parameters as they are, which must stay so until it is done, as must the samples. Answers
   * at once if it can, or promises to. One computation at a time.
   * @param betweenPasses called between two passes over samples; what it throws ends the computation
   * @throws {InputError} if the samples do not fit the model.
   */
  readonly compute: (work: Work, samples: Samples, betweenPasses?: BetweenPasses) => WorkAnswer | Promise<WorkAnswer>;
  /** Ends the mates' threads. */
  readonly close: () => void;
}

export interface CrewForm {
  /** Threads in all, the lead's among them. */
  readonly threads: number;
  readonly form: (parts: CrewParts) => FormedCrew;
  /** Something worth a line. */
  readonly onTrouble: (message: string) => void;
}

/** A crew of nobody but the lead. */
export const leadAlone: CrewForm = {
  threads: 1,
  form: ({ replica }) => ({
    compute: (work, samples, betweenPasses) => compute(replica, work, samples, betweenPasses),
    close: () => undefined,
  }),
  onTrouble: () => undefined,
};
