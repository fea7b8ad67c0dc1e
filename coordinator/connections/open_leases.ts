// Leases to connected workers that are still unanswered, and what an answer must be like before it counts.

import type { Contribution } from '../../shared/protocol/messages.ts';
import type { GradientStore } from '../computation/gradient_store.ts';
import type { LeaseId, WorkerId } from '../training/lease_book.ts';
import type { GradientSlot, LeasedWork } from '../training/trainer.ts';

/** A lease that is out. */
export interface OpenLease {
  readonly work: LeasedWork;
  readonly worker: WorkerId;
  readonly samples: number;
  /** Heartbeats that the worker had been sent before. */
  readonly beats: number;
}

export type Judgement =
  | { readonly verdict: 'fits'; readonly work: LeasedWork; readonly gradient: GradientSlot | undefined }
  /** Not to be counted. */
  | { readonly verdict: 'refused'; readonly reason: string; readonly holdsLease: boolean };

interface Entry extends OpenLease {
  /** Where its gradient arrives, from the contribution's first byte on. */
  gradient: GradientSlot | undefined;
}

export interface OpenLeasesOptions {
  readonly gradients: GradientStore;
  /** Bytes of a gradient. */
  readonly gradientBytes: number;
  /** Names of the job's metrics: a contribution reports these and no others. */
  readonly metrics: readonly string[];
}

export class OpenLeases {
  readonly #options: OpenLeasesOptions;
  readonly #entries = new Map<LeaseId, Entry>();

  constructor(options: OpenLeasesOptions) {
    this.#options = options;
  }

  open(id: LeaseId, lease: OpenLease): void {
    this.#entries.set(id, { ...lease, gradient: undefined });
  }

  /**
   * Where the gradient of a contribution is to be written: the same place if asked again; undefined if it would be
   * refused.
   */
  placeOf(worker: WorkerId, contribution: Contribution, bytes: number): Uint8Array | undefined {
    const entry = this.#entries.get(contribution.lease as LeaseId);
    if (entry === undefined || this.#faultOf(entry, worker, contribution, bytes) !== undefined) return undefined;
    if (entry.work.purpose === 'evaluation') return undefined;
    entry.gradient ??= this.#options.gradients.take();
    return this.#options.gradients.bytes(entry.gradient);
  }

  /** Judges a contribution that has arrived with so many bytes of payload. The lease stays open until `close`. */
  judge(worker: WorkerId, contribution: Contribution, bytes: number): Judgement {
    const id = contribution.lease as LeaseId;
    const entry = this.#entries.get(id);
    const fault = this.#faultOf(entry, worker, contribution, bytes);
    if (entry === undefined || fault !== undefined) {
      return { verdict: 'refused', reason: fault ?? '', holdsLease: entry?.worker === worker };
    }
    return { verdict: 'fits', work: entry.work, gradient: entry.gradient };
  }

  /** The leases of a worker that it was sent before a heartbeat, and must have answered before it sent that back. */
  passedOver(worker: WorkerId, beat: number): readonly LeaseId[] {
    const passedOver: LeaseId[] = [];
    for (const [id, entry] of this.#entries) if (entry.worker === worker && entry.beats < beat) passedOver.push(id);
    return passedOver;
  }

  /** The lease is answered; its gradient, if any, belongs to the caller. */
  close(id: LeaseId): void {
    this.#entries.delete(id);
  }

  /** Forgets a lease that was not answered rightly, and the gradient that had begun to arrive. */
  drop(id: LeaseId): void {
    const gradient = this.#entries.get(id)?.gradient;
    if (gradient !== undefined) this.#options.gradients.release(gradient);
    this.#entries.delete(id);
  }

  /** Forgets the leases of a worker that left. */
  dropOf(worker: WorkerId): void {
    for (const [id, entry] of this.#entries) if (entry.worker === worker) this.drop(id);
  }

  /** Leases that are out. */
  get size(): number {
    return this.#entries.size;
  }

  /** What makes a contribution useless, in words. */
  #faultOf(entry: Entry | undefined, worker: WorkerId, contribution: Contribution, bytes: number): string | undefined {
    const { lease, step, shard, samples, metricSums } = contribution;
    if (entry?.worker !== worker) return `contribution to lease ${lease}, which this worker does not hold`;
    const { work } = entry;
    const isSameShard = shard.first === work.shard.first && shard.count === work.shard.count;
    if (step !== work.step || !isSameShard || samples !== entry.samples) {
      return `contribution to lease ${lease} does not repeat the lease's terms`;
    }
    const { metrics, gradientBytes } = this.#options;
    const reported = Object.keys(metricSums);
    if (reported.length !== metrics.length || !metrics.every((name) => Object.hasOwn(metricSums, name))) {
      return `contribution reports ${reported}: expected ${metrics}`;
    }
    const expected = work.purpose === 'training' ? gradientBytes : 0;
    return bytes === expected
      ? undefined
      : `contribution to a ${work.purpose} lease with ${bytes} bytes: expected ${expected}`;
  }
}
