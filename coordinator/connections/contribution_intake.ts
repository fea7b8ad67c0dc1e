// Leases that are out to connected workers, and what an answer to one must be like before it counts.

import type { ParameterLayout, SumRanges } from '../../shared/engine/model.ts';
import { isPossibleSum, type SumRange } from '../../shared/engine/sum_range.ts';
import type { Contribution } from '../../shared/protocol/messages.ts';
import { plainText } from '../../shared/protocol/plain_text.ts';
import { answerBytes, isSameWork } from '../../shared/work/work_kinds.ts';
import type { Lease, LeaseId, WorkerId } from '../training/lease.ts';
import type { GradientSlot } from '../training/trainer_messages.ts';

/** Where gradients are kept. */
export interface GradientPlaces {
  readonly take: () => GradientSlot;
  readonly bytes: (slot: GradientSlot) => Uint8Array;
  readonly release: (slot: GradientSlot) => void;
}

/** Not to be counted. */
export interface RefusedContribution {
  readonly verdict: 'refused';
  readonly reason: string;
  readonly holdsLease: boolean;
}

export type Judgement =
  | { readonly verdict: 'fits'; readonly lease: Lease; readonly gradient: GradientSlot | undefined }
  | RefusedContribution;

/** A lease on its way to the worker and back. */
interface InFlight {
  readonly lease: Lease;
  /** Heartbeats that the worker had been sent before it. */
  readonly beats: number;
  /** Where its gradient arrives, from the contribution's first byte on. */
  gradient: GradientSlot | undefined;
}

export interface ContributionIntakeOptions {
  readonly gradients: GradientPlaces;
  readonly layout: ParameterLayout;
  /** What loss and metrics of the job can be: a contribution reports these metrics and no others. */
  readonly ranges: SumRanges;
}

export class ContributionIntake {
  readonly #options: ContributionIntakeOptions;
  readonly #inFlight = new Map<LeaseId, InFlight>();

  constructor(options: ContributionIntakeOptions) {
    this.#options = options;
  }

  /** Leases that are out. */
  get size(): number {
    return this.#inFlight.size;
  }

  /** @param beats heartbeats that the worker was sent so far */
  open(lease: Lease, beats: number): void {
    this.#inFlight.set(lease.id, { lease, beats, gradient: undefined });
  }

  /** Where the gradient of a contribution is to be written, the same place if asked again; or why it is refused. */
  placeOf(worker: WorkerId, contribution: Contribution, bytes: number): Uint8Array | RefusedContribution {
    const entry = this.#inFlight.get(contribution.lease as LeaseId);
    const fault = this.#faultOf(entry, worker, contribution, bytes);
    if (entry === undefined || fault !== undefined) return refused(fault, entry, worker);
    entry.gradient ??= this.#options.gradients.take();
    return this.#options.gradients.bytes(entry.gradient);
  }

  /** Judges a contribution that has arrived with so many bytes of payload. The lease stays here until `close`. */
  judge(worker: WorkerId, contribution: Contribution, bytes: number): Judgement {
    const entry = this.#inFlight.get(contribution.lease as LeaseId);
    const fault = this.#faultOf(entry, worker, contribution, bytes);
    if (entry === undefined || fault !== undefined) return refused(fault, entry, worker);
    return { verdict: 'fits', lease: entry.lease, gradient: entry.gradient };
  }

  /** The leases of a worker that it was sent before a heartbeat, and must have answered before it sent that back. */
  passedOver(worker: WorkerId, beat: number): readonly LeaseId[] {
    const passedOver: LeaseId[] = [];
    for (const [id, { lease, beats }] of this.#inFlight) {
      if (lease.worker === worker && beats < beat) passedOver.push(id);
    }
    return passedOver;
  }

  /** The lease is answered; its gradient, if any, belongs to the caller. */
  close(id: LeaseId): void {
    this.#inFlight.delete(id);
  }

  /** Forgets a lease that was not answered rightly, and the gradient that had begun to arrive. */
  drop(id: LeaseId): void {
    const gradient = this.#inFlight.get(id)?.gradient;
    if (gradient !== undefined) this.#options.gradients.release(gradient);
    this.#inFlight.delete(id);
  }

  /** Forgets the leases of a worker that left. */
  dropOf(worker: WorkerId): void {
    for (const [id, { lease }] of this.#inFlight) if (lease.worker === worker) this.drop(id);
  }

  /** What makes a contribution useless, in words. */
  #faultOf(
    entry: InFlight | undefined,
    worker: WorkerId,
    contribution: Contribution,
    bytes: number,
  ): string | undefined {
    const { lease: id, work, samples } = contribution;
    if (entry?.lease.worker !== worker) return `contribution to lease ${id}, which this worker does not hold`;
    const { lease } = entry;
    if (!isSameWork(work, lease.work) || samples !== lease.samples) {
      return `contribution to lease ${id} does not repeat the lease's terms`;
    }
    const { ranges, layout } = this.#options;
    const fault = sumsFault(contribution, ranges);
    if (fault !== undefined) return fault;
    const expected = answerBytes(lease.work, layout);
    return bytes === expected
      ? undefined
      : `contribution of ${lease.work.kind} work with ${bytes} bytes: expected ${expected}`;
  }
}

/** A reason quotes what the worker sent, so it is made plain. */
function refused(fault: string | undefined, entry: InFlight | undefined, worker: WorkerId): RefusedContribution {
  return { verdict: 'refused', reason: plainText(fault ?? ''), holdsLease: entry?.lease.worker === worker };
}

/** What is impossible about loss and metrics. Those that are not finite may be: when training diverges. */
function sumsFault({ lossSum, metricSums, samples }: Contribution, { loss, metrics }: SumRanges): string | undefined {
  const reported = Object.keys(metricSums);
  if (reported.length !== metrics.size || !reported.every((name) => metrics.has(name))) {
    return `contribution reports ${reported}: expected ${[...metrics.keys()]}`;
  }
  if (!isPossible(loss, lossSum, samples))
    return `contribution with loss ${lossSum} over ${samples} samples: impossible`;
  for (const [name, range] of metrics) {
    const sum = metricSums[name] ?? Number.NaN;
    if (!isPossible(range, sum, samples)) return `contribution with ${name} ${sum} over ${samples} samples: impossible`;
  }
  return undefined;
}

function isPossible(range: SumRange, sum: number, samples: number): boolean {
  return !Number.isFinite(sum) || isPossibleSum(range, sum, samples);
}
