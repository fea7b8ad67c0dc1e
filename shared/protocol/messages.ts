// The messages of the gradswarm protocol, one type each; PROTOCOL.md beside this file states their rules.
// What one side sends and the other must never send is kept apart by type: `ToWorker` and `ToCoordinator`.

import type { Work } from '../work/work_kinds.ts';

/** Raised whenever either side could misread the other; exchanged in the handshake. */
export const protocolVersion = 6;

// --- coordinator to worker ---

/** The handshake succeeded. Payload: the effective job with its graph, JSON in UTF-8. */
export interface Welcome {
  readonly type: 'welcome';
  readonly workerId: string;
  readonly jobDigest: string;
  /** By what name the volunteer that said hello is known to all: what its key stands for, which nobody else is told. */
  readonly volunteer?: string;
}

/** The handshake failed; the socket closes with the refusal's close code next. */
export interface Refused {
  readonly type: 'refused';
  readonly reason: string;
}

/** The job's frozen weights, once, for a worker that does not hold them. Payload: the flat f32 vector of them. */
export interface Frozen {
  readonly type: 'frozen';
  /** SHA-256 of the payload, hexadecimal. */
  readonly digest: string;
}

/** The parameters after `step` steps, which is their version. Payload: the flat f32 vector. Packed once, sent to every worker. */
export interface Parameters {
  readonly type: 'parameters';
  readonly step: number;
}

/** A shard lent to the worker. Payload: the samples, as `packSamples` lays them out. */
export interface Lease {
  readonly type: 'lease';
  readonly lease: number;
  /** What is asked for. */
  readonly work: Work;
  /** The version of the parameters to be used: the steps they have had. */
  readonly parameters: number;
  /** Number of samples in the payload. */
  readonly samples: number;
  /** Milliseconds after which the shard may be lent to somebody else. */
  readonly deadline: number;
}

/** The run is over; nothing more will be lent. The worker closes. */
export interface Finished {
  readonly type: 'finished';
  readonly reason: string;
}

/** The run was stopped and will go on: the worker closes, waits, and comes back until it is there again. */
export interface Stopped {
  readonly type: 'stopped';
  readonly reason: string;
}

/** An answer of the worker was not counted; after a few of these the connection is closed. */
export interface Warning {
  readonly type: 'warning';
  readonly reason: string;
}

export type ToWorker = Welcome | Refused | Frozen | Parameters | Lease | Finished | Stopped | Warning | Heartbeat;

// --- worker to coordinator ---

export interface Hello {
  readonly type: 'hello';
  readonly protocol: number;
  readonly engineDigest: string;
  /** Result of the numerics probe per profile this machine can run. */
  readonly probes: { readonly portable: string; readonly fused?: string };
  readonly kind: 'node' | 'browser';
  readonly cores: number;
  /** Those that compute a lease together, on so many cores: 1 if it is absent. */
  readonly threads?: number;
  readonly token?: string;
  /** Digest of the frozen weights that it has kept from an earlier conversation with the same coordinator. */
  readonly holds?: string;
  /** Whose work it is; without it nobody's in particular. */
  readonly volunteer?: Volunteer;
}

/** Somebody who helps, with one device or several, in one connection after another. */
export interface Volunteer {
  /** 32 hexadecimal digits, drawn at random and kept to himself: whoever has them is he. */
  readonly key: string;
  /** How he wants to be called. */
  readonly name?: string;
}

/** The answer to a lease. Payload: the vector that its kind of work answers with (a summed gradient, flat f32), or nothing. */
export interface Contribution {
  readonly type: 'contribution';
  readonly lease: number;
  /** As in the lease. */
  readonly work: Work;
  readonly samples: number;
  readonly lossSum: number;
  readonly metricSums: Readonly<Record<string, number>>;
  /** Milliseconds the computation took, for sizing later shards. */
  readonly milliseconds: number;
}

/** The worker leaves of its own will; its leases can be lent again at once. */
export interface Goodbye {
  readonly type: 'goodbye';
  readonly reason: string;
}

export type ToCoordinator = Hello | Contribution | Goodbye | Heartbeat;

// --- both ways ---

/** A sign of life from the coordinator, sent back as it is by the worker: browsers can send no pings of their own. */
export interface Heartbeat {
  readonly type: 'heartbeat';
  /** Counts the heartbeats of a connection. */
  readonly beat: number;
}
