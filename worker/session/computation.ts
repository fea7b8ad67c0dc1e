// What a session needs of the engine.

import type { AssignedJob } from '../../shared/protocol/assigned_job.ts';
import type { Checksum } from '../../shared/protocol/checksum.ts';
import type { Hello, Lease } from '../../shared/protocol/messages.ts';

/** The engine on this machine, before any job. */
export interface WorkerEngine {
  readonly digest: string;
  readonly probes: Hello['probes'];
  /** @throws {InputError} if the graph does not compile. */
  readonly load: (job: AssignedJob) => Promise<Computation>;
}

/** A model ready to compute gradients of. */
export interface Computation {
  /** Size of the parameters, and of a gradient, in bytes. */
  readonly parameterBytes: number;
  /** The memory where the parameters are to be written: a view that stays valid until `compute` is called. */
  readonly parameterMemory: () => Uint8Array;
  /** Knows the memory of parameters and gradient. */
  readonly checksum: Checksum;
  /** To be called when the parameters have been written. */
  readonly parametersChanged: () => void;
  /** Computes what a lease asks for, with the parameters as they are. */
  readonly compute: (lease: Lease, samples: Uint8Array) => ComputedAnswer;
}

export interface ComputedAnswer {
  /** The vector that the work answers with; empty where it has none. A view that stays valid until the next call. */
  readonly payload: Uint8Array;
  readonly samples: number;
  readonly lossSum: number;
  readonly metricSums: Readonly<Record<string, number>>;
}
