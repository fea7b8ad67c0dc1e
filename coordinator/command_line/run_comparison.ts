// Two runs side by side, in lines for people and as machines read it. Pure.

import { basename } from 'node:path';
import { differences } from '../../shared/job/job.ts';
import type { LedgerComparison } from '../records/ledger_comparison.ts';
import type { RunSummary } from '../records/run_summary.ts';
import type { EpochRecord, EvaluationSet } from '../training/evaluation.ts';
import { metricName, metricValue } from './metric_text.ts';
import { stepsText, summaryJson } from './runs_table.ts';
import { formatTable } from './table.ts';

export interface RunComparison {
  readonly runs: readonly [RunSummary, RunSummary];
  readonly ledgers: LedgerComparison;
}

/** Epochs that are shown: of more than these some, at even distances, and the last. */
const maximumEpochs = 20;

const sets: readonly EvaluationSet[] = ['training', 'validation', 'test'];

export function comparisonLines({ runs, ledgers }: RunComparison): readonly string[] {
  const [one, other] = runs;
  const changed = differences(one.job, other.job);
  return [
    formatTable(['', ...titlesOf(runs)], figureRows(runs)),
    '',
    ...epochTable(runs),
    ...(changed.length === 0 ? ['the same job'] : ['the jobs differ in', ...changed.map((change) => `  ${change}`)]),
    ledgerWord(ledgers),
    fingerprintWord(one, other, changed.length === 0),
  ];
}

/** The folders' names, or their paths where these are the same. */
function titlesOf([one, other]: RunComparison['runs']): readonly [string, string] {
  const names = [basename(one.folder), basename(other.folder)] as const;
  return names[0] === names[1] ? [one.folder, other.folder] : names;
}

function figureRows(runs: RunComparison['runs']): readonly (readonly string[])[] {
  const row = (name: string, of: (run: RunSummary) => string) => [name, ...runs.map(of)];
  const measures = sets.flatMap((set) => measureRows(runs, set));
  return [
    row('job', ({ job }) => job.name),
    row('state', ({ state }) => state),
    row('steps', stepsText),
    row('epoch', ({ measured }) => (measured === undefined ? '–' : `${measured.epoch}`)),
    ...measures,
    row('fingerprint', ({ fingerprint }) => fingerprint?.slice(0, 16) ?? '–'),
  ];
}

/** Loss and metrics of a set, where one of the runs has measured it. */
function measureRows(runs: RunComparison['runs'], set: EvaluationSet): readonly (readonly string[])[] {
  const measured = runs.map((run) => run.measured?.evaluation[set]);
  if (measured.every((each) => each === undefined)) return [];
  const names = [...new Set(measured.flatMap((each) => Object.keys(each?.metrics ?? {})))];
  const rows = names.map((name) => [
    `${set} ${metricName(name)}`,
    ...measured.map((each) => valueText(name, each?.metrics[name])),
  ]);
  return [[`${set} loss`, ...measured.map((each) => each?.loss.toFixed(4) ?? '–')], ...rows];
}

function valueText(name: string, value: number | undefined): string {
  return value === undefined ? '–' : metricValue(name, value);
}

/** The losses of the epochs that both have, side by side. */
function epochTable(runs: RunComparison['runs']): readonly string[] {
  const set = sets.findLast((each) => runs.every(({ measured }) => measured?.evaluation[each] !== undefined));
  if (set === undefined) return [];
  const [one, other] = runs.map(({ history }) => new Map(history.map((record) => [record.epoch, record])));
  const epochs = [...new Set([...(one?.keys() ?? []), ...(other?.keys() ?? [])])].sort((a, b) => a - b);
  const stride = Math.ceil(epochs.length / maximumEpochs);
  const shown = epochs.filter((_, index) => index % stride === 0 || index === epochs.length - 1);
  const cells = (record: EpochRecord | undefined) => {
    const measured = record?.evaluation[set];
    return [measured?.loss.toFixed(4) ?? '–', valueText('accuracy', measured?.metrics.accuracy)];
  };
  const [left, right] = titlesOf(runs);
  const header = [`epoch (${set})`, `${left} loss`, 'accuracy', `${right} loss`, 'accuracy'];
  const rows = shown.map((epoch) => [`${epoch}`, ...cells(one?.get(epoch)), ...cells(other?.get(epoch))]);
  return [formatTable(header, rows), ''];
}

function ledgerWord(ledgers: LedgerComparison): string {
  switch (ledgers.type) {
    case 'apart':
      return 'their ledgers have no step in common';
    case 'same':
      return `the same parameters after every step that both have, the last of them ${ledgers.step}`;
    case 'differ':
      return `their parameters differ from step ${ledgers.step} on`;
    default:
      return ledgers satisfies never;
  }
}

function fingerprintWord(one: RunSummary, other: RunSummary, isOneJob: boolean): string {
  if (one.fingerprint === undefined || other.fingerprint === undefined) return 'one of them has no weights yet';
  if (one.fingerprint === other.fingerprint) return `the same weights, bit for bit: ${one.fingerprint}`;
  if (!isOneJob || one.step !== other.step) return 'different weights';
  return 'different weights of one job after the same steps: gradswarm replay says which run is wrong, unless their data differ';
}

export function comparisonJson({ runs, ledgers }: RunComparison): object {
  const [one, other] = runs;
  return {
    runs: runs.map((run) => ({ ...summaryJson(run), history: run.history })),
    jobDifferences: differences(one.job, other.job),
    ledgers,
    sameWeights: one.fingerprint !== undefined && one.fingerprint === other.fingerprint,
  };
}
