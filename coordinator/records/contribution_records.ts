// What the ledger says of who contributed: each worker's contributor before the first line that names it, and answers that
// confirmed others beside those that were counted.

import type { Contributor } from '../training/contributor.ts';
import type { Confirmations, Credit } from '../training/credit.ts';
import type { WorkerId } from '../training/lease.ts';
import type { CountedShard } from '../training/trainer_messages.ts';
import type { LedgerRecord, MeasuredRecord, StepRecord, WorkerRecord } from './ledger.ts';

export class ContributionRecords {
  readonly #credit: Credit;
  #confirmations: Confirmations = [];

  constructor(credit: Credit) {
    this.#credit = credit;
  }

  /** They stand in the next record. */
  onConfirmed(confirmations: Confirmations): void {
    this.#confirmations = [...this.#confirmations, ...confirmations];
  }

  onStep(step: Omit<StepRecord, 'type' | 'contributions'>, counted: readonly CountedShard[]): readonly LedgerRecord[] {
    const contributions = counted.map(({ worker, shard, digest }): StepRecord['contributions'][number] => [
      worker,
      shard.first,
      shard.count,
      digest,
    ]);
    return this.#introduced(counted, (confirmations) => ({ type: 'step', ...step, contributions, ...confirmations }));
  }

  onEvaluation(epoch: number, step: number, counted: readonly CountedShard[]): readonly LedgerRecord[] {
    const contributions = counted.map(({ worker, shard, digest }): MeasuredRecord['contributions'][number] => [
      worker,
      shard.first,
      digest,
    ]);
    return this.#introduced(counted, (confirmations) => ({
      type: 'measured',
      epoch,
      step,
      contributions,
      ...confirmations,
    }));
  }

  /** A record behind those of the workers that it names for the first time. */
  #introduced(
    counted: readonly CountedShard[],
    record: (confirmations: Pick<StepRecord, 'confirmations'>) => LedgerRecord,
  ): readonly LedgerRecord[] {
    const confirmations = this.#confirmations;
    this.#confirmations = [];
    const workers = [...counted.map(({ worker }) => worker), ...confirmations.map(([worker]) => worker)];
    const introductions = this.#credit.introduce(workers).flatMap(([worker, contributor]) => {
      return workerRecord(worker, contributor) ?? [];
    });
    const said =
      confirmations.length === 0 ? {} : { confirmations: confirmations.map(([w, n]): [string, number] => [w, n]) };
    return [...introductions, record(said)];
  }
}

/** Undefined where there is nothing to say. */
function workerRecord(worker: WorkerId, { id, kind, name }: Contributor): WorkerRecord | undefined {
  if (kind === 'local') return { type: 'worker', worker };
  if (kind !== 'volunteer') return undefined;
  return { type: 'worker', worker, volunteer: id, ...(name === undefined ? {} : { name }) };
}
