import { describe, expect, it } from 'vitest';
import { reportLines } from '../../../coordinator/command_line/report_text.ts';
import { reportOf } from '../../../coordinator/computation/prediction_report.ts';
import { prepareJob } from '../../../coordinator/computation/prepared_job.ts';
import { defineJob } from '../../../coordinator/library/define_job.ts';
import { dataSetFromArrays, type FieldValues } from '../../../shared/data/memory_data_set.ts';
import type { Loss } from '../../../shared/model/losses/loss_registry.ts';

/** A model whose prediction is its features, measured on these test samples. */
async function reportOn(
  features: readonly number[],
  labels: FieldValues,
  { size, loss, classes, shape }: { size: number; loss: Loss; classes?: number; shape?: readonly number[] },
) {
  const part = { features: Float32Array.from(features), labels };
  const data = dataSetFromArrays({
    features: { shape: [size] },
    labels: { ...(classes && { classes }), ...(shape && { shape }) },
    training: part,
    test: part,
  });
  const model = [{ type: 'dense', units: size }] as const;
  const optimizer = { kind: 'sgd', learningRate: 0.1 } as const;
  const { job } = defineJob({ name: 'report', data, model, loss, optimizer, batchSize: 2, epochs: 1 });
  const prepared = await prepareJob(job, data);
  const identity = Float32Array.from({ length: size * (size + 1) }, (_, at) =>
    at < size * size && Math.floor(at / size) === at % size ? 1 : 0,
  );
  prepared.state.replica.setParameters(identity);
  return reportOf(prepared, 'test');
}

const classification = { size: 3, loss: 'softmax-cross-entropy', classes: 3 } as const;

describe('reportOf', () => {
  it('counts which class was taken for which, and prints precision and recall of each', async () => {
    const logits = [
      [9, 0, 0],
      [9, 0, 0],
      [0, 9, 0],
      [0, 9, 0],
      [0, 9, 0],
    ].flat();
    const report = await reportOn(logits, Uint8Array.of(0, 1, 1, 1, 2), classification);
    expect(report).toEqual({
      kind: 'classes',
      confusion: { classes: 3, counts: Float64Array.of(1, 0, 0, 1, 2, 0, 0, 1, 0) },
    });
    if (report === undefined) throw new Error('no report');
    expect(reportLines(report)).toEqual([
      'class  precision    recall       F1  count',
      '    0    50.00 %  100.00 %  66.67 %      1',
      '    1    66.67 %   66.67 %  66.67 %      3',
      '    2          –    0.00 %   0.00 %      1',
      ' mean    38.89 %   55.56 %  44.44 %      5',
      'confusion: actual classes downwards, predicted ones across',
      '   0  1  2',
      '0  1  0  0',
      '1  1  2  0',
      '2  0  1  0',
    ]);
  });

  it('judges labels that apply or not, each by itself', async () => {
    const logits = [
      [1, -1],
      [2, 1],
      [-3, -1],
    ].flat();
    const report = await reportOn(logits, Uint8Array.of(1, 1, 0, 1, 0, 0), {
      size: 2,
      loss: 'binary-cross-entropy',
      shape: [2],
    });
    expect(report).toEqual({
      kind: 'labels',
      labels: [
        { hits: 1, predicted: 2, actual: 1 },
        { hits: 1, predicted: 1, actual: 2 },
      ],
    });
  });

  it('measures how far values are off, and how much of their variance is explained', async () => {
    const report = await reportOn([1, 10, 2, 10, 4, 10], Float32Array.of(1, 10, 3, 10, 5, 10), {
      size: 2,
      loss: 'mean-squared-error',
      shape: [2],
    });
    if (report?.kind !== 'values') throw new Error('no values');
    expect(report.targets[0]?.meanAbsoluteError).toBeCloseTo(2 / 3, 12);
    expect(report.targets[0]?.rootMeanSquaredError).toBeCloseTo(Math.sqrt(2 / 3), 12);
    expect(report.targets[0]?.rSquared).toBeCloseTo(1 - 2 / 8, 12);
    expect(report.targets[1]).toEqual({ meanAbsoluteError: 0, rootMeanSquaredError: 0, rSquared: undefined });
    expect(reportLines(report).at(-1)).toMatch(/^ {5}1 +0\.000 +0\.000 +–$/);
  });
});
