// What a session needs of the engine.

import type { AssignedJob } from '../../shared/protocol/assigned_job.ts';
import type { Checksum } from '../../shared/protocol/checksum.ts';
import type { Hello, Lease } from '../../shared/protocol/messages.ts';
import type { WorkerLimits } from './limits.ts';

/** The engine on this machine, before any job. */
export interface WorkerEngine {
  readonly digest: string;
  readonly probes: Hello['probes'];
  /** Digest of the frozen weights that it has kept from the last job that had some; absent from engines that keep none. */
  readonly held?: () => string | undefined;
  /** Threads that compute a lease; 1 if it is absent. */
  readonly threads?: number;
  /**
   * Rejects with an InputError if the graph does not compile, with LimitExceeded if the model is too large, before its
   * memory is taken.
   */
  readonly load: (job: AssignedJob, limits: WorkerLimits) => Promise<Computation>;
}

/** A model ready to compute gradients of. */
export interface Computation {
  /** Weights that must come before anything can be computed; absent where the job has none, or they are here already. */
  readonly missing?: MissingWeights;
  /** Size of the parameters, and of a gradient, in bytes. */
  readonly parameterBytes: number;
  /** The memory where the parameters are to be written: a view that stays valid until `compute` is called. */
  readonly parameterMemory: () => Uint8Array;
  /** Knows the memory of parameters and gradient. */
  readonly checksum: Checksum;
  /** To be called when the parameters have been written. */
  readonly parametersChanged: () => void;
  /**
   * Computes what a lease asks for, with the parameters as they are: at once, or it promises to. Parameters and samples
   * must stay as they are until then.
   * @param betweenPasses called between two passes over samples; what it throws ends the computation
   * @throws {LimitExceeded} if that is too much arithmetic or memory
   * @throws {ProtocolError} if the samples have another length than so many of the graph's have
   * @throws {InputError} if the model cannot compute them
   */
  readonly compute: (
    lease: Lease,
    samples: Uint8Array,
    betweenPasses: () => void,
  ) => ComputedAnswer | Promise<ComputedAnswer>;
  /** Ends what helps to compute: nothing more will be asked for. */
  readonly close?: () => void;
}

/** Frozen weights that the coordinator has to send. */
export interface MissingWeights {
  /** SHA-256, hexadecimal. */
  readonly digest: string;
  readonly bytes: number;
  /** Where they are to be written: a view that stays valid until `written` is called. */
  readonly memory: () => Uint8Array;
  /** To be called when they have been. @throws {ProtocolError} if they are not what the digest says */
  readonly written: () => void;
}

export interface ComputedAnswer {
  /** The vector that the work answers with; empty where it has none. A view that stays valid until the next call. */
  readonly payload: Uint8Array;
  readonly samples: number;
  readonly lossSum: number;
  readonly metricSums: Readonly<Record<string, number>>;
}
