import { describe, expect, it } from 'vitest';
import { featureRanges } from '../../../shared/data/feature_ranges.ts';
import { dataSetFromArrays } from '../../../shared/data/memory_data_set.ts';

describe('featureRanges', () => {
  it('has the least and the most of each feature, and whether all were whole', () => {
    const features = Float32Array.of(1, -2, 3, 5, 2.5, 0);
    const data = dataSetFromArrays({
      features: { shape: [2] },
      labels: {},
      training: { features, labels: Float32Array.of(0, 0, 0) },
    });
    expect(featureRanges(data.training, data.fields)).toEqual({
      least: [1, -2],
      most: [3, 5],
      isWhole: [false, true],
      edge: 0,
    });
    expect(featureRanges(data.test, data.fields)).toBeUndefined();
  });

  it('has what is at the edges of pictures', () => {
    const features = Uint8Array.of(9, 9, 9, 9, 200, 9, 9, 9, 9);
    const training = { features, labels: Uint8Array.of(0) };
    const data = dataSetFromArrays({ features: { shape: [3, 3] }, labels: { classes: 2 }, training });
    expect(featureRanges(data.training, data.fields)?.edge).toBe(9);
  });
});
