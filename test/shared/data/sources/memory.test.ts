import { describe, expect, it } from 'vitest';
import { dataSetFromArrays } from '../../../../shared/data/memory_data_set.ts';
import { memorySource, requireDataOf } from '../../../../shared/data/sources/memory.ts';
import { InputError } from '../../../../shared/errors.ts';
import { jobDigest, parseJob } from '../../../../shared/job/job.ts';

const dataSetOf = (first: number) =>
  dataSetFromArrays({
    name: 'points',
    features: { shape: [1] },
    labels: { classes: 2 },
    training: { features: Float32Array.of(first, 1), labels: Uint8Array.of(0, 1) },
  });

const jobOver = (data: unknown) =>
  parseJob(
    {
      name: 'points',
      data,
      model: { layers: [{ type: 'dense', units: 2 }] },
      loss: 'softmax-cross-entropy',
      optimizer: { kind: 'sgd', learningRate: 0.1 },
      batchSize: 2,
      epochs: 1,
    },
    'the job',
  );

describe('a job over a data set in memory', () => {
  it('is another job where the data is another', () => {
    const [one, same, other] = [dataSetOf(0), dataSetOf(0), dataSetOf(0.5)].map((dataSet) =>
      jobDigest(jobOver(memorySource(dataSet))),
    );
    expect(same).toBe(one);
    expect(other).not.toBe(one);
  });

  it('accepts its own data and refuses other data', () => {
    const { data } = jobOver(memorySource(dataSetOf(0)));
    const other = dataSetOf(0.5);
    expect(() => requireDataOf(data, dataSetOf(0))).not.toThrow();
    expect(() => requireDataOf(data, other)).toThrow(
      new InputError(
        `data: the job was defined over a data set of digest ${dataSetOf(0).digest}, found points of ${other.digest}`,
      ),
    );
  });

  it('must state a whole digest', () => {
    expect(() => jobOver({ source: 'memory', digest: 'abc' })).toThrow(
      'the job: data.digest: expected the data set\'s digest, 64 hexadecimal digits, found "abc"',
    );
  });
});

describe('a job over data from files', () => {
  it('accepts whatever its source gave', () => {
    expect(() => requireDataOf(jobOver({ source: 'mnist' }).data, dataSetOf(0))).not.toThrow();
  });
});
