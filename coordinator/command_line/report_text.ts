// A report of predictions as lines of text.

import { type Confusion, type Hits, hitsOf, type PredictionReport } from '../computation/prediction_report.ts';
import { percent } from './metric_text.ts';

/** Classes of which each gets a row. */
const maximumRows = 40;

/** Classes up to which the confusion matrix is shown. */
const maximumMatrix = 20;

export function reportLines(report: PredictionReport): readonly string[] {
  switch (report.kind) {
    case 'classes':
      return [...hitLines('class', hitsOf(report.confusion)), ...confusionLines(report.confusion)];
    case 'labels':
      return hitLines('label', report.labels);
    case 'values':
      return table([
        ['target', 'mean absolute error', 'root mean squared error', 'R²'],
        ...report.targets.map(({ meanAbsoluteError, rootMeanSquaredError, rSquared }, index) => [
          String(index),
          meanAbsoluteError.toPrecision(4),
          rootMeanSquaredError.toPrecision(4),
          rSquared?.toFixed(4) ?? '–',
        ]),
      ]);
    default:
      return report satisfies never;
  }
}

/** As machines read it: the confusion matrix by rows, one for each actual class. */
export function reportJson(report: PredictionReport): object {
  if (report.kind !== 'classes') return report;
  const { classes, counts } = report.confusion;
  const rows = Array.from({ length: classes }, (_, row) => [...counts.subarray(row * classes, (row + 1) * classes)]);
  return { kind: report.kind, confusion: rows };
}

function hitLines(what: string, all: readonly Hits[]): readonly string[] {
  const row = (name: string, { hits, predicted, actual }: Hits) => [
    name,
    part(hits, predicted),
    part(hits, actual),
    part(2 * hits, predicted + actual),
    String(actual),
  ];
  const rows = all.length <= maximumRows ? all.map((hits, index) => row(String(index), hits)) : [];
  // Of those that occur: what never does has no recall, and would pull the mean down.
  const occurring = all.filter(({ actual }) => actual > 0);
  const mean = (of: (hits: Hits) => number) =>
    percent(occurring.reduce((sum, hits) => sum + of(hits), 0) / Math.max(1, occurring.length));
  const means = [
    'mean',
    mean(({ hits, predicted }) => hits / Math.max(1, predicted)),
    mean(({ hits, actual }) => hits / actual),
    mean(({ hits, predicted, actual }) => (2 * hits) / (predicted + actual)),
    String(all.reduce((sum, { actual }) => sum + actual, 0)),
  ];
  return table([[what, 'precision', 'recall', 'F1', 'count'], ...rows, means]);
}

function part(of: number, all: number): string {
  return all === 0 ? '–' : percent(of / all);
}

function confusionLines({ classes, counts }: Confusion): readonly string[] {
  if (classes > maximumMatrix) return [];
  const numbers = Array.from({ length: classes }, (_, index) => index);
  const rows = numbers.map((actual) => [
    String(actual),
    ...numbers.map((predicted) => String(counts[actual * classes + predicted] ?? 0)),
  ]);
  return [
    'confusion: actual classes downwards, predicted ones across',
    ...table([['', ...numbers.map(String)], ...rows]),
  ];
}

/** Columns wide enough for what is in them, aligned to the right. */
function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => row.map((cell, column) => cell.padStart(widths[column] ?? 0)).join('  '));
}
