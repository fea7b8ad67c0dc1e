// Who gave what, as the ledger of a run has it: each step and each evaluation once, where it was done again the last time.

import { anonymous, type Contributor, coordinator, local, nothing } from '../training/contributor.ts';
import type { Credit } from '../training/credit.ts';
import { ownWorker } from '../training/lease.ts';
import type { LedgerRecord, MeasuredRecord, StepRecord } from './ledger.ts';

/** Gives everybody what he had counted up to a step. @param credit of nobody yet */
export function restoreCredit(credit: Credit, records: readonly LedgerRecord[], lastStep: number): void {
  const steps = new Map<number, StepRecord>();
  const measured = new Map<number, MeasuredRecord>();
  for (const record of records) {
    if (record.type === 'step' && record.step <= lastStep) steps.set(record.step, record);
    if (record.type === 'measured' && record.step <= lastStep) measured.set(record.epoch, record);
  }
  const contributors = contributorsIn(records);
  const contributorOf = (worker: string) => contributors.get(worker) ?? anonymous;
  for (const { samples, contributions } of steps.values()) {
    credit.addStep(
      samples,
      contributions.map(([worker, first, count]) => ({ contributor: contributorOf(worker), shard: { first, count } })),
    );
  }
  for (const { contributions } of measured.values()) {
    for (const [worker] of contributions) credit.add(contributorOf(worker), { ...nothing, evaluations: 1 });
  }
  for (const { confirmations = [] } of [...steps.values(), ...measured.values()]) {
    for (const [worker, answers] of confirmations) {
      credit.add(contributorOf(worker), { ...nothing, confirmations: answers });
    }
  }
}

/** Whose each worker was. */
function contributorsIn(records: readonly LedgerRecord[]): ReadonlyMap<string, Contributor> {
  const contributors = new Map<string, Contributor>([[ownWorker, coordinator]]);
  for (const record of records) {
    if (record.type !== 'worker') continue;
    const { worker, volunteer: id, name } = record;
    const contributor: Contributor =
      id === undefined ? local : { id, kind: 'volunteer', ...(name === undefined ? {} : { name }) };
    contributors.set(worker, contributor);
  }
  return contributors;
}
