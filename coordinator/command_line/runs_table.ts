// Runs in a table, and as machines read them.

import { basename } from 'node:path';
import type { RunSummary } from '../records/run_summary.ts';
import type { EpochRecord, Measurement } from '../training/evaluation.ts';
import { percent } from './metric_text.ts';
import { formatTable } from './table.ts';
import { widthOf } from './wrapping.ts';

/** The set that tells most of a model: the one that it has not been trained on. */
export function tellingSet(epoch: EpochRecord | undefined): Measurement | undefined {
  const { test, validation, training } = epoch?.evaluation ?? {};
  return test ?? validation ?? training;
}

const titles = ['run', 'job', 'state', 'steps', 'accuracy', 'loss', 'fingerprint', 'saved'];

/** Columns that a narrow terminal has no room for, those that are missed least first. */
const dispensable = ['job', 'saved', 'loss'];

/** @param width columns of the terminal; undefined: as wide as it is */
export function runsTable(summaries: readonly RunSummary[], width = Number.POSITIVE_INFINITY): string {
  const rows = summaries.map(rowOf);
  const tableWithout = (missing: readonly string[]) => {
    const kept = titles.filter((title) => !missing.includes(title));
    const cells = rows.map((row) => row.filter((_, column) => kept.includes(titles[column] ?? '')));
    return formatTable(kept, cells, kept.indexOf('state') + 1);
  };
  for (let missing = 0; missing < dispensable.length; missing++) {
    const table = tableWithout(dispensable.slice(0, missing));
    if (table.split('\n').every((line) => widthOf(line) <= width)) return table;
  }
  return tableWithout(dispensable);
}

function rowOf({ folder, job, state, measured, savedAt, ...run }: RunSummary): readonly string[] {
  const told = tellingSet(measured);
  const accuracy = told?.metrics.accuracy;
  return [
    basename(folder),
    job.name,
    state,
    stepsText(run),
    accuracy === undefined ? '–' : percent(accuracy),
    told === undefined ? '–' : told.loss.toFixed(4),
    fingerprintText(run),
    savedAt === undefined ? '–' : dateText(savedAt),
  ];
}

/** With a tick where a replay has come to the same. */
function fingerprintText({ fingerprint, replayedSteps }: Pick<RunSummary, 'fingerprint' | 'replayedSteps'>): string {
  if (fingerprint === undefined) return '–';
  return `${fingerprint.slice(0, 8)}${replayedSteps === undefined ? '' : ' ✓'}`;
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
    replayedSteps: run.replayedSteps ?? null,
    savedAt: savedAt?.toISOString() ?? null,
    epoch: measured?.epoch ?? null,
    evaluation: measured?.evaluation ?? null,
  };
}
