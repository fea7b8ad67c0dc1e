// `gradswarm predict`: what a checkpoint's model gives for samples in files.

import { exitCodes } from '../../shared/node/exit_codes.ts';
import { printWarning } from '../../shared/node/terminal.ts';
import { openSamplePredictor, type PredictedSample } from '../models/predicted_samples.ts';
import { openCheckpoint } from '../records/run_folder.ts';
import { formatTable } from './table.ts';

export interface PredictFlags {
  /** A line of JSON for each sample, in place of a table. */
  readonly json?: boolean;
}

export async function predict(path: string, files: readonly string[], { json = false }: PredictFlags): Promise<number> {
  const found = await openCheckpoint(path);
  for (const reason of found.damaged) printWarning(reason);
  const predictor = await openSamplePredictor(found);
  const predicted: PredictedSample[] = [];
  for (const file of files) predicted.push(...(await predictor(file)));
  if (json) for (const sample of predicted) console.log(JSON.stringify(sample));
  else console.log(tableOf(predicted));
  return exitCodes.success;
}

/** Classes with their probability; of labels and values, all of them. */
function tableOf(predicted: readonly PredictedSample[]): string {
  const [first] = predicted;
  if (first === undefined) return 'no samples';
  if (first.class !== undefined) {
    const rows = predicted.map(({ sample, class: likeliest = '', probability = 0 }) => {
      return [sample, likeliest, probability.toFixed(4)];
    });
    return formatTable(['sample', 'class', 'probability'], rows, 2);
  }
  const names = Object.keys(first.outputs);
  const rows = predicted.map(({ sample, outputs }) => [sample, ...names.map((name) => digits(outputs[name]))]);
  return formatTable(['sample', ...names.map((name) => (/^\d+$/.test(name) ? `output ${name}` : name))], rows);
}

function digits(value = Number.NaN): string {
  return String(Number(value.toPrecision(6)));
}
