// Leases to connected workers that are still unanswered, and what an answer must be like before it counts.

import { ProtocolError } from '../shared/protocol/close_codes.ts';
import type { Contribution } from '../shared/protocol/messages.ts';
import type { GradientStore } from './gradient_store.ts';
import type { LeaseId, WorkerId } from './lease_book.ts';
import type { GradientSlot, LeasedWork } from './trainer.ts';

/** A lease that is out. */
export interface OpenLease {
  readonly work: LeasedWork;
  readonly worker: WorkerId;
  readonly samples: number;
}

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
   * Where the gradient of a contribution is to be written: the same place if asked again.
   * @throws {ProtocolError} if the contribution does not repeat its lease's terms, or has another length.
   */
  placeOf(worker: WorkerId, contribution: Contribution, bytes: number): Uint8Array {
    const entry = this.#answered(worker, contribution);
    const expected = entry.work.purpose === 'training' ? this.#options.gradientBytes : 0;
    if (bytes !== expected) {
      throw new ProtocolError(
        'badMessage',
        `contribution to a ${entry.work.purpose} lease: ${bytes} bytes, expected ${expected}`,
      );
    }
    entry.gradient ??= this.#options.gradients.take();
    return this.#options.gradients.bytes(entry.gradient);
  }

  /**
   * The work that a contribution answers, with its gradient for training. The lease stays open until `close`.
   * @throws {ProtocolError} as `placeOf`, or if a training lease is answered without a gradient.
   */
  answered(worker: WorkerId, contribution: Contribution): { work: LeasedWork; gradient: GradientSlot | undefined } {
    const { work, gradient } = this.#answered(worker, contribution);
    if (work.purpose === 'training' && gradient === undefined) {
      throw new ProtocolError('badMessage', `contribution to training lease ${contribution.lease} has no gradient`);
    }
    return { work, gradient };
  }

  /** The lease is answered; its gradient, if any, belongs to the caller. */
  close(id: LeaseId): void {
    this.#entries.delete(id);
  }

  /** Forgets the leases of a worker that left, and the gradients that had begun to arrive. */
  dropOf(worker: WorkerId): void {
    for (const [id, entry] of this.#entries) {
      if (entry.worker !== worker) continue;
      if (entry.gradient !== undefined) this.#options.gradients.release(entry.gradient);
      this.#entries.delete(id);
    }
  }

  #answered(worker: WorkerId, contribution: Contribution): Entry {
    const { lease, step, shard, samples, metricSums } = contribution;
    const entry = this.#entries.get(lease as LeaseId);
    if (entry?.worker !== worker) {
      throw new ProtocolError('badMessage', `contribution to lease ${lease}, which this worker does not hold`);
    }
    const { work } = entry;
    const isSameShard = shard.first === work.shard.first && shard.count === work.shard.count;
    if (step !== work.step || !isSameShard || samples !== entry.samples) {
      throw new ProtocolError('badMessage', `contribution to lease ${lease} does not repeat the lease's terms`);
    }
    const { metrics } = this.#options;
    const reported = Object.keys(metricSums);
    if (reported.length !== metrics.length || !metrics.every((name) => Object.hasOwn(metricSums, name))) {
      throw new ProtocolError('badMessage', `contribution reports ${reported}: expected ${metrics}`);
    }
    return entry;
  }
}
