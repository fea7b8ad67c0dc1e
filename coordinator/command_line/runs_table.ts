// Runs in a table, and as machines read them.

import { basename } from 'node:path';
import type { RunSummary } from '../records/run_summary.ts';
import type { EpochRecord, Measurement } from '../training/evaluation.ts';
import { percent } from './metric_text.ts';
import { formatTable } from './table.ts';

/** The set that tells most of a model: the one that it has not been trained on. */
export function tellingSet(epoch: EpochRecord | undefined): Measurement | undefined {
  const { test, validation, training } = epoch?.evaluation ?? {};
  return test ?? validation ?? training;
}

const columns = ['run', 'job', 'state', 'steps', 'accuracy', 'loss', 'fingerprint', 'saved'];

export function runsTable(summaries: readonly RunSummary[]): string {
  return formatTable(columns, summaries.map(rowOf), 3);
}

function rowOf({ folder, job, state, measured, fingerprint, savedAt, ...run }: RunSummary): readonly string[] {
  const told = tellingSet(measured);
  const accuracy = told?.metrics.accuracy;
  return [
    basename(folder),
    job.name,
    state,
    stepsText(run),
    accuracy === undefined ? '–' : percent(accuracy),
    told === undefined ? '–' : told.loss.toFixed(4),
    fingerprint === undefined ? '–' : fingerprint.slice(0, 8),
    savedAt === undefined ? '–' : dateText(savedAt),
  ];
}

export function stepsText({ step, totalSteps }: Pick<RunSummary, 'step' | 'totalSteps'>): string {
  return totalSteps === undefined ? `${step}` : `${step}/${totalSteps}`;
}

/** Like 2026-11-30 23:04, in the time of this place. */
function dateText(date: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** What a machine reads of a run. */
export function summaryJson({
  folder,
  job,
  jobDigest,
  state,
  fingerprint,
  savedAt,
  measured,
  ...run
}: RunSummary): object {
  return {
    folder,
    job: job.name,
    jobDigest,
    state,
    step: run.step,
    totalSteps: run.totalSteps ?? null,
    fingerprint: fingerprint ?? null,
    savedAt: savedAt?.toISOString() ?? null,
    epoch: measured?.epoch ?? null,
    evaluation: measured?.evaluation ?? null,
  };
}
