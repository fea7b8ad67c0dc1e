// Who gave what to a run. What a worker has counted belongs to its contributor, who has it still when the worker is gone;
// a step that is done again after a crash counts once. However many come, only so many volunteers are told apart: beyond
// that those who are gone and gave least are counted among others. Pure.

import type { Shard } from '../../shared/reduction/shard.ts';
import { answersIn, type Part, type PersonView } from '../../shared/watch/people.ts';
import { addParts, anonymous, type Contributor, coordinator, nothing, others } from './contributor.ts';
import { ownWorker, type WorkerId } from './lease.ts';
import type { CountedShard } from './trainer_messages.ts';

/** Answers of a worker that confirmed what was counted, and how many. */
export type Confirmations = readonly (readonly [worker: WorkerId, answers: number])[];

interface KnownWorker {
  readonly contributor: Contributor;
  /** See `introduce`. */
  isIntroduced: boolean;
}

interface Account {
  contributor: Contributor;
  part: Part;
  workers: number;
}

export interface CreditOptions {
  readonly microbatchSize: number;
  /** Volunteers that are told apart. */
  readonly maximum: number;
}

export class Credit {
  readonly #options: CreditOptions;
  readonly #accounts = new Map<string, Account>();
  readonly #workers = new Map<WorkerId, KnownWorker>();
  /** Workers that have left, of whom something may stand in an open task. */
  readonly #leaving = new Set<WorkerId>();
  /** Whose shares have changed since they were told. */
  readonly #changed = new Set<string>();
  #hasMerged = false;

  constructor(options: CreditOptions) {
    this.#options = options;
  }

  /** Whose a worker is, while it is there and until the task is over in which it left. */
  contributorOf(worker: WorkerId): Contributor {
    return this.#workers.get(worker)?.contributor ?? (worker === ownWorker ? coordinator : anonymous);
  }

  /** Those of these workers that were not introduced before. */
  introduce(workers: Iterable<WorkerId>): readonly (readonly [WorkerId, Contributor])[] {
    return [...workers].flatMap((worker) => {
      const known = this.#workers.get(worker);
      if (known === undefined || known.isIntroduced) return [];
      known.isIntroduced = true;
      return [[worker, known.contributor] as const];
    });
  }

  /** A worker has come; its contributor is called as it says from now on. */
  join(worker: WorkerId, contributor: Contributor): void {
    this.#leaving.delete(worker);
    this.#workers.set(worker, { contributor, isIntroduced: false });
    const account = this.#accountOf(contributor);
    account.contributor = contributor;
    account.workers += 1;
  }

  leave(worker: WorkerId): void {
    const known = this.#workers.get(worker);
    if (known === undefined || this.#leaving.has(worker)) return;
    this.#leaving.add(worker);
    const account = this.#accountOf(known.contributor);
    account.workers = Math.max(0, account.workers - 1);
  }

  /** A step is done, of so many samples. */
  onStep(samples: number, contributions: readonly CountedShard[]): void {
    for (const { worker, shard } of contributions) this.#addShard(samples, this.contributorOf(worker), shard);
    this.#forgetLeaving();
  }

  /** A step of earlier. */
  addStep(samples: number, shards: readonly { readonly contributor: Contributor; readonly shard: Shard }[]): void {
    for (const { contributor, shard } of shards) this.#addShard(samples, contributor, shard);
  }

  /** An evaluation is done. */
  onEvaluation(contributions: readonly CountedShard[]): void {
    for (const { worker } of contributions) this.add(this.contributorOf(worker), { ...nothing, evaluations: 1 });
    this.#forgetLeaving();
  }

  /** Told before the task is done in which they came. */
  onConfirmed(confirmations: Confirmations): void {
    for (const [worker, answers] of confirmations) {
      this.add(this.contributorOf(worker), { ...nothing, confirmations: answers });
    }
  }

  /** Adds to what somebody has. */
  add(contributor: Contributor, part: Part): void {
    const account = this.#accountOf(contributor);
    account.part = addParts(account.part, part);
  }

  /** All who have given something or are there. */
  get people(): readonly PersonView[] {
    return [...this.#accounts.values()].map(viewIn);
  }

  /** Those who have changed since this was last asked; undefined if some of those told before are among others now. */
  takeChanged(): readonly PersonView[] | undefined {
    const changed = [...this.#changed].flatMap((id) => this.#accounts.get(id) ?? []);
    this.#changed.clear();
    for (const { contributor, part, workers } of changed) {
      if (workers === 0 && answersIn(part) === 0) this.#accounts.delete(contributor.id);
    }
    const hasMerged = this.#hasMerged;
    this.#hasMerged = false;
    return hasMerged ? undefined : changed.map(viewIn);
  }

  #addShard(samplesInStep: number, contributor: Contributor, shard: Shard): void {
    const samples = samplesOf(shard, this.#options.microbatchSize, samplesInStep);
    this.add(contributor, { ...nothing, samples, gradients: 1 });
  }

  /** The account of a contributor, who will be told of as changed. */
  #accountOf(contributor: Contributor): Account {
    const known = this.#accounts.get(contributor.id);
    this.#changed.add(contributor.id);
    if (known !== undefined) return known;
    if (contributor.kind === 'volunteer') this.#makeRoom();
    const account: Account = { contributor, part: nothing, workers: 0 };
    this.#accounts.set(contributor.id, account);
    return account;
  }

  /** Many at once, for it is seldom then. Those who are there are always told apart: there is a limit to connections, too. */
  #makeRoom(): void {
    const { maximum } = this.#options;
    if (this.#accounts.size < maximum) return;
    const gone = [...this.#accounts.values()]
      .filter(({ contributor, workers }) => contributor.kind === 'volunteer' && workers === 0)
      .sort((one, other) => answersIn(one.part) - answersIn(other.part));
    for (const { contributor, part } of gone.slice(0, Math.ceil(maximum / 8))) {
      this.#accounts.delete(contributor.id);
      this.#changed.delete(contributor.id);
      this.add(others, part);
      this.#hasMerged = true;
    }
  }

  #forgetLeaving(): void {
    if (this.#leaving.size === 0) return;
    for (const worker of this.#leaving) this.#workers.delete(worker);
    this.#leaving.clear();
  }
}

function viewIn({ contributor, part, workers }: Account): PersonView {
  return { ...contributor, ...part, workers };
}

/** Samples of a shard of a mini-batch, whose last microbatch may be smaller. */
function samplesOf({ first, count }: Shard, microbatchSize: number, samplesInStep: number): number {
  return Math.min(samplesInStep, (first + count) * microbatchSize) - first * microbatchSize;
}
