// Whether answers of workers are right, as far as it can be told: what is doubtful is computed here, and whoever gave
// something else is dropped. All workers compute the same bits, so a difference is proof.

import type { Inspection } from '../../shared/digest/answer_digest.ts';
import { inspectWork } from '../computation/own_computation.ts';
import type { PreparedJob } from '../computation/prepared_job.ts';
import { GradientNorms } from '../training/gradient_norms.ts';
import type { Lease, WorkerId } from '../training/lease.ts';
import type { Dispute, DisputedAnswer } from '../training/trainer_messages.ts';
import { divergence } from './divergence.ts';
import { describeWork } from './work_description.ts';

export type Verdict =
  /** To be counted. */
  | 'believed'
  /** Not now: the lease goes to others, who may give the same. */
  | 'doubted'
  /** Something else is right; its worker was dropped. */
  | 'disproved'
  /** Numbers that are infinite or NaN, although those of this version of the parameters are not. */
  | 'not finite'
  /** The coordinator finds such numbers too: nobody is at fault, the run is at its end. */
  | 'diverged';

export interface VerificationOptions {
  readonly prepared: PreparedJob;
  /** The version of the parameters as they are. */
  readonly version: () => number;
  /** Copies the parameters of an earlier version to `target`, if they are still here; returns whether they are. */
  readonly copyParameters: (target: Uint8Array, version: number) => boolean;
  /** Ends the connection of a worker, saying why. */
  readonly drop: (worker: WorkerId, reason: string) => void;
  /** One sentence for the operator. */
  readonly onWarning: (message: string) => void;
  /** An answer that was counted is wrong. */
  readonly onDisproved: (worker: WorkerId, dispute: Dispute) => void;
  /** The run cannot go on. */
  readonly onFailed: (error: unknown) => void;
}

/** A gradient of unusual size that is not believed yet. */
interface DoubtedAnswer {
  readonly worker: WorkerId;
  readonly digest: number;
}

export class Verification {
  readonly #options: VerificationOptions;
  readonly #norms = new GradientNorms();
  /** By the work, which is of one version of the parameters. */
  readonly #doubted = new Map<string, DoubtedAnswer>();
  #doubtedVersion = 0;
  /** One of two contradicted the other, when nobody could tell any more who was right: the next answer of each is computed here. */
  readonly #suspects = new Set<WorkerId>();

  constructor(options: VerificationOptions) {
    this.#options = options;
  }

  /** Judges an answer before it is counted. */
  judge(lease: Lease, samples: number, inspection: Inspection): Verdict {
    const isCurrent = lease.parameters === this.#options.version();
    if (!inspection.isFinite) return this.#judgeNotFinite(lease, isCurrent);
    // Too late to be counted: what it confirms or contradicts is the trainer's to find.
    if (!isCurrent) return 'believed';
    if (this.#suspects.delete(lease.worker)) return this.#recompute(lease, inspection.digest);
    const excess = this.#norms.excess(inspection.norm, samples);
    const verdict = excess === undefined ? 'believed' : this.#judgeUnusual(lease, inspection.digest, excess);
    if (verdict === 'believed' && lease.work.kind === 'gradient') this.#norms.note(inspection.norm, samples);
    return verdict;
  }

  /** Finds out who is right, and drops the others. */
  resolve(dispute: Dispute): void {
    const { work, parameters, answers } = dispute;
    const right = this.#digestOf(dispute);
    if (right !== undefined) {
      for (const answer of answers) if (answer.digest !== right) this.#disprove(answer, dispute);
      return;
    }
    for (const { worker } of answers) this.#suspects.add(worker);
    const workers = answers.map(({ worker }) => worker).join(' and ');
    this.#options.onWarning(
      `workers ${workers} contradict each other about ${describeWork(work)}, too late to tell who is right ` +
        `(the parameters of step ${parameters} are gone): the next answer of each is checked`,
    );
  }

  /** Forgets a worker that is gone. */
  forget(worker: WorkerId): void {
    this.#suspects.delete(worker);
  }

  /** Numbers that are not finite are the worker's fault, unless the coordinator finds the same. */
  #judgeNotFinite({ work }: Lease, isCurrent: boolean): Verdict {
    if (!isCurrent) return 'not finite';
    if (inspectWork(this.#options.prepared, work).isFinite) return 'not finite';
    this.#options.onFailed(divergence(work.step));
    return 'diverged';
  }

  /** Two workers that give the same are believed; one that insists is checked. */
  #judgeUnusual(lease: Lease, digest: number, excess: number): Verdict {
    if (lease.parameters !== this.#doubtedVersion) this.#doubted.clear();
    this.#doubtedVersion = lease.parameters;
    const key = describeWork(lease.work);
    const doubted = this.#doubted.get(key);
    if (doubted === undefined) {
      this.#doubted.set(key, { worker: lease.worker, digest });
      this.#options.onWarning(
        `worker ${lease.worker}: the gradient of ${key} is ${Math.round(excess)} times larger than any before; lent again`,
      );
      return 'doubted';
    }
    if (doubted.worker !== lease.worker && doubted.digest === digest) return 'believed';
    const verdict = this.#recompute(lease, digest);
    if (verdict === 'believed' && doubted.digest !== digest) this.#disproveLease(lease, doubted);
    return verdict;
  }

  /** Computes the work of a lease here, with the parameters as they are. */
  #recompute(lease: Lease, digest: number): Verdict {
    if (this.#digestOf(lease) === digest) return 'believed';
    this.#disproveLease(lease, { worker: lease.worker, digest });
    return 'disproved';
  }

  #disproveLease({ work, parameters }: Lease, { worker, digest }: DoubtedAnswer): void {
    const answer = { worker, digest, isCounted: false };
    this.#disprove(answer, { work, parameters, answers: [answer] });
  }

  #disprove({ worker, isCounted }: DisputedAnswer, dispute: Dispute): void {
    const what = describeWork(dispute.work);
    const { drop, onWarning, onDisproved, version } = this.#options;
    const isApplied = isCounted && dispute.work.kind === 'gradient' && dispute.parameters < version();
    const consequence = isApplied
      ? `; step ${dispute.work.step + 1} has counted it: the parameters are no longer those of the job; resume from an earlier checkpoint`
      : '';
    onWarning(`worker ${worker} gave a wrong answer to ${what} and was dropped${consequence}`);
    drop(worker, `the answer to ${what} is not what the coordinator computes`);
    if (isCounted) onDisproved(worker, dispute);
  }

  /** The digest of the right answer; undefined if the parameters that the work needs are gone. */
  #digestOf({ work, parameters }: Pick<Dispute, 'work' | 'parameters'>): number | undefined {
    const { prepared, version, copyParameters } = this.#options;
    const { state } = prepared;
    if (parameters === version()) return inspectWork(prepared, work).digest;
    const present = state.usedBytes.slice();
    if (!copyParameters(state.usedBytes, parameters)) return undefined;
    state.replica.parametersChanged();
    try {
      return inspectWork(prepared, work).digest;
    } finally {
      state.usedBytes.set(present);
      state.replica.parametersChanged();
    }
  }
}
