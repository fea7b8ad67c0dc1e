// What was counted of late, and by whom: an answer that comes when nobody needs it any more tells whether that was right.
// Two answers to the same work that differ in a bit cannot both be. Pure.

import { isSameShard } from '../../shared/reduction/shard.ts';
import type { Claim } from './claims.ts';
import type { Lease, WorkerId } from './lease.ts';
import type { Answer, Task } from './task.ts';
import type { CountedShard, DisputedAnswer, TrainerCommand, TrainerContribution } from './trainer_messages.ts';

/** Tasks whose answers are remembered: whoever is later than this has a task of its own making. */
const rememberedTasks = 8;

type AnsweredTask = Pick<Task, 'kind' | 'parameters' | 'counted'>;

export interface AnswerStatistics {
  /** Answers that came when others had been counted for the whole of their shard: equal, unless somebody is wrong. */
  readonly confirmations: number;
  /** How often answers contradicted each other. */
  readonly contradictions: number;
  /** Answers that took the place of parts of their shard that had been lent again. */
  readonly replacements: number;
}

export class Answers {
  #tasks: AnsweredTask[] = [];
  /** Answers that confirmed what was counted, by worker, since they were last taken. */
  readonly #confirmed = new Map<WorkerId, number>();
  #statistics: AnswerStatistics = { confirmations: 0, contradictions: 0, replacements: 0 };

  get statistics(): AnswerStatistics {
    return this.#statistics;
  }

  /** The task is over. */
  remember({ kind, parameters, counted }: Task): void {
    this.#tasks.push({ kind, parameters, counted });
    if (this.#tasks.length > rememberedTasks) this.#tasks.shift();
  }

  /** Takes an answer that is not needed: it tells whether what was counted is right. @param task where that is open */
  confirm(
    lease: Lease,
    answer: TrainerContribution,
    reason: string,
    task = this.#taskOf(lease),
  ): readonly TrainerCommand[] {
    const { confirmations } = this.#statistics;
    this.#statistics = { ...this.#statistics, confirmations: confirmations + 1 };
    const { gradient, digest } = answer;
    if (this.agree(lease, digest, task)) this.noteConfirmed(lease.worker);
    const disputes = this.disputeWithCounted(lease, digest, task);
    return gradient === undefined ? disputes : [...disputes, { type: 'discard gradient', gradient, reason }];
  }

  /** The worker's answer was right, and another one is counted. */
  noteConfirmed(worker: WorkerId): void {
    this.#confirmed.set(worker, (this.#confirmed.get(worker) ?? 0) + 1);
  }

  /** Says who confirmed how much since this was last asked. */
  takeConfirmed(): readonly TrainerCommand[] {
    if (this.#confirmed.size === 0) return [];
    const confirmations = [...this.#confirmed];
    this.#confirmed.clear();
    return [{ type: 'answers confirmed', confirmations }];
  }

  noteReplacement(): void {
    this.#statistics = { ...this.#statistics, replacements: this.#statistics.replacements + 1 };
  }

  #taskOf({ work, parameters }: Lease): AnsweredTask | undefined {
    return this.#tasks.find((task) => task.kind === work.kind && task.parameters === parameters);
  }

  /** Whether the answer is the one that was counted. @param task where that is open */
  agree(lease: Lease, digest: number, task = this.#taskOf(lease)): boolean {
    return countedOf(lease, task)?.digest === digest;
  }

  /** Compares an answer with the one that was counted. @param task where that is open */
  disputeWithCounted(lease: Lease, digest: number, task = this.#taskOf(lease)): readonly TrainerCommand[] {
    const counted = countedOf(lease, task);
    if (counted === undefined || counted.digest === digest) return [];
    return this.#dispute(lease, [
      { worker: counted.worker, digest: counted.digest, isCounted: true },
      disputed(lease.worker, digest),
    ]);
  }

  /** Compares an answer that is about to be counted with those that were not certain. */
  disputeWithClaims(
    lease: Lease,
    { digest }: Pick<Answer, 'digest'>,
    claims: readonly Claim[],
  ): readonly TrainerCommand[] {
    const others = claims.map((claim) => disputed(claim.worker, claim.answer.digest));
    return this.#disputeIfDifferent(lease, [{ worker: lease.worker, digest, isCounted: true }, ...others]);
  }

  /** Compares answers of which none is certain. */
  disputeAmong(lease: Lease, claims: readonly Claim[]): readonly TrainerCommand[] {
    return this.#disputeIfDifferent(
      lease,
      claims.map(({ worker, answer }) => disputed(worker, answer.digest)),
    );
  }

  #disputeIfDifferent(lease: Lease, answers: readonly DisputedAnswer[]): readonly TrainerCommand[] {
    const [first] = answers;
    return answers.every(({ digest }) => digest === first?.digest) ? [] : this.#dispute(lease, answers);
  }

  #dispute({ work, parameters }: Lease, answers: readonly DisputedAnswer[]): readonly TrainerCommand[] {
    this.#statistics = { ...this.#statistics, contradictions: this.#statistics.contradictions + 1 };
    return [{ type: 'resolve dispute', work, parameters, answers }];
  }
}

function countedOf({ work }: Lease, task: AnsweredTask | undefined): CountedShard | undefined {
  return task?.counted.find(({ shard }) => isSameShard(shard, work.shard));
}

function disputed(worker: WorkerId, digest: number): DisputedAnswer {
  return { worker, digest, isCounted: false };
}
