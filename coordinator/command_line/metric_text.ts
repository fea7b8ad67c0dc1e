// Figures in words: a loss and its metrics as lines of progress and reports show them.

import type { Measurement } from '../training/evaluation.ts';

/** `accuracy 98.14 %`, `mean absolute error 0.3127`: parts of a whole in percent, other numbers as they are. */
export function metricText(name: string, value: number): string {
  return `${metricName(name)} ${metricValue(name, value)}`;
}

/** `98.14 %` of an accuracy, `0.3127` of anything else. */
export function metricValue(name: string, value: number): string {
  return isPart(name) ? percent(value) : numberText(value);
}

/** The loss, then every metric. */
export function measurementText({ loss, metrics }: Pick<Measurement, 'loss' | 'metrics'>, separator = ' '): string {
  const figures = Object.entries(metrics).map(([name, value]) => metricText(name, value));
  return [`loss ${loss.toFixed(4)}`, ...figures].join(separator);
}

export function percent(part: number): string {
  return `${(100 * part).toFixed(2)} %`;
}

/** Metrics that count hits, by whatever rule, are named so. */
function isPart(name: string): boolean {
  return /accuracy$/i.test(name);
}

function numberText(value: number): string {
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-3 || size >= 1e6) ? value.toExponential(3) : value.toFixed(4);
}

/** top5Accuracy as top-5 accuracy. */
export function metricName(name: string): string {
  return name
    .replace(/^top(\d+)/, 'top-$1')
    .replace(/([a-z0-9])([A-Z])/g, (_, before: string, letter: string) => `${before} ${letter.toLowerCase()}`);
}
