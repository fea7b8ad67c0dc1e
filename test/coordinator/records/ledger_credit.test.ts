// What volunteers had counted: the ledger says it, whoever watches is told the same, and it outlives the coordinator.

import { describe, expect, it } from 'vitest';
import { prepareJob } from '../../../coordinator/computation/prepared_job.ts';
import { volunteerId } from '../../../coordinator/connections/volunteers.ts';
import { startCoordinator } from '../../../coordinator/coordinator.ts';
import { restoreCheckpoint } from '../../../coordinator/records/checkpoint.ts';
import type { Disk } from '../../../coordinator/records/disk.ts';
import { type LedgerRecord, readLedger, type StepRecord } from '../../../coordinator/records/ledger.ts';
import { restoreCredit } from '../../../coordinator/records/ledger_credit.ts';
import { ledgerFile, newestCheckpoint } from '../../../coordinator/records/run_folder.ts';
import { Credit } from '../../../coordinator/training/credit.ts';
import { answersIn, type PersonView } from '../../../shared/watch/people.ts';
import { runNodeWorker } from '../../../worker/process/node_worker.ts';
import { openEngine } from '../../../worker/session/engine.ts';
import { tinyDataSet, tinyJob } from '../tiny_job.ts';
import { MemoryDisk } from './memory_disk.ts';

const folder = 'run';
const keys = ['0a'.repeat(16), '0b'.repeat(16)];

async function coordinator(disk: Disk, stopAfter = Number.POSITIVE_INFINITY) {
  const prepared = await prepareJob(tinyJob, tinyDataSet);
  const isNew = (await disk.list(folder)).length === 0;
  const checkpoint = isNew ? undefined : await newestCheckpoint(folder, { disk });
  if (checkpoint !== undefined) restoreCheckpoint(prepared.state, checkpoint.checkpoint, checkpoint.file);
  const started = await startCoordinator({
    prepared,
    checkpoint,
    listen: { host: '127.0.0.1', port: 0 },
    ownShare: 'nothing',
    records: { folder, policy: { steps: 1, seconds: 0, keep: 100 } },
    onEvent: (event) => {
      if (event.type === 'step' && event.step === stopAfter) started.stop();
    },
    platform: { disk },
  });
  return started;
}

/** Lets two volunteers and somebody who says nothing of himself work until the run ends, or is stopped. */
async function run(disk: Disk, stopAfter?: number): Promise<readonly PersonView[]> {
  await using started = await coordinator(disk, stopAfter);
  const stop = new AbortController();
  const work = async (volunteer?: { readonly key: string; readonly name: string }) =>
    runNodeWorker({
      url: new URL('worker', started.url),
      engine: await openEngine(),
      ...(volunteer === undefined ? {} : { volunteer }),
      retryFor: 0,
      signal: stop.signal,
      onEvent: () => undefined,
    });
  const workers = [...keys.map((key, index) => work({ key, name: `v${index}` })), work()];
  await started.outcome;
  await Promise.all(workers);
  return started.people;
}

async function recordsOn(disk: Disk): Promise<readonly LedgerRecord[]> {
  return readLedger(await disk.read(ledgerFile(folder))).records;
}

/** What each contributor has in the ledger, apart from whether he is there. */
async function partsInLedger(disk: Disk): Promise<ReadonlyMap<string, unknown>> {
  const credit = new Credit({ microbatchSize: tinyJob.microbatchSize, maximum: 100 });
  restoreCredit(credit, await recordsOn(disk), Number.POSITIVE_INFINITY);
  return parts(credit.people);
}

function parts(people: readonly PersonView[]): ReadonlyMap<string, unknown> {
  return new Map(
    people.filter((person) => answersIn(person) > 0).map(({ id, workers: _, ...part }) => [id, part] as const),
  );
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

describe('what volunteers have counted', () => {
  it('adds up to every sample of every step, is in the ledger, and survives the coordinator', async () => {
    const disk = new MemoryDisk();
    const before = await run(disk, 7);
    expect(parts(before)).toEqual(await partsInLedger(disk));
    const people = await run(disk);

    expect(parts(people)).toEqual(await partsInLedger(disk));
    const steps = new Map((await recordsOn(disk)).flatMap((one) => (one.type === 'step' ? [[one.step, one]] : [])));
    const ofSteps = (figure: (step: StepRecord) => number) => sum([...steps.values()].map(figure));
    expect(steps.size).toBe(12);
    expect(sum(people.map(({ samples }) => samples))).toBe(ofSteps(({ samples }) => samples));
    expect(sum(people.map(({ samples }) => samples))).toBe(4 * 40);
    expect(sum(people.map(({ gradients }) => gradients))).toBe(ofSteps(({ contributions }) => contributions.length));
    for (const { id, ...part } of before) {
      expect(answersIn(people.find((person) => person.id === id) ?? { ...part })).toBeGreaterThanOrEqual(
        answersIn(part),
      );
    }
    // Neither key nor worker, but what the key stands for.
    const text = new TextDecoder().decode(await disk.read(ledgerFile(folder)));
    for (const key of keys) expect(text).not.toContain(key);
    expect([...keys.map(volunteerId), 'anonymous'].some((id) => parts(people).has(id))).toBe(true);
  });
});
