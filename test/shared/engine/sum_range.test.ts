import { describe, expect, it } from 'vitest';
import { sumRanges } from '../../../shared/engine/model.ts';
import { anySum, isPossibleSum, positiveSum } from '../../../shared/engine/sum_range.ts';
import { GraphBuilder } from '../../../shared/model/builder.ts';

const hits = { minimum: 0, maximum: 1, isWhole: true };

describe('a sum over samples', () => {
  it.each([
    ['as many hits as samples', hits, 500, true],
    ['no hit', hits, 0, true],
    ['more hits than samples', hits, 501, false],
    ['fewer hits than none', hits, -1, false],
    ['half a hit', hits, 0.5, false],
    ['a positive loss', positiveSum, 1e9, true],
    ['a loss that rounding took below zero', positiveSum, -1e-4, true],
    ['a negative loss', positiveSum, -10, false],
    ['any number without bounds', anySum, -1e9, true],
    ['more than f32 numbers can sum to', anySum, 1.7e308, false],
    ['less than f32 numbers can sum to', anySum, -1.7e308, false],
  ])('of 500: %s', (_, range, sum, isPossible) => {
    expect(isPossibleSum(range, sum, 500)).toBe(isPossible);
  });
});

describe('the sums of a graph', () => {
  it('are bounded by their ops: a classifier’s loss is positive, its accuracy at most the samples', () => {
    const builder = new GraphBuilder();
    const x = builder.input({ name: 'x', type: 'f32', shape: [4] });
    const labels = builder.input({ name: 'labels', type: 'u8', shape: [] });
    const logits = builder.matmul('logits', x, builder.parameter('weight', [4, 3], { kind: 'constant', value: 0 }));
    const loss = builder.softmaxCrossEntropy('loss', logits, labels);
    const accuracy = builder.accuracy('accuracy', logits, labels);
    const graph = builder.finish({ loss, metrics: { accuracy }, prediction: logits });
    const { loss: range, metrics } = sumRanges(graph);
    expect(range).toEqual(positiveSum);
    expect(metrics.get('accuracy')).toEqual(hits);
  });

  it('have room for every position of a sample, or for its part of one', () => {
    const builder = new GraphBuilder();
    const x = builder.input({ name: 'x', type: 'f32', shape: [5, 4] });
    const labels = builder.input({ name: 'labels', type: 'u8', shape: [5] });
    const logits = builder.matmul('logits', x, builder.parameter('weight', [4, 3], { kind: 'constant', value: 0 }));
    const loss = builder.softmaxCrossEntropy('loss', logits, labels);
    const sum = builder.accuracy('sum', logits, labels);
    const mean = builder.accuracy('mean', logits, labels, { average: true });
    const { metrics } = sumRanges(builder.finish({ loss, metrics: { sum, mean }, prediction: logits }));
    expect(metrics.get('sum')).toEqual({ minimum: 0, maximum: 5, isWhole: true });
    expect(metrics.get('mean')).toEqual({ minimum: 0, maximum: 1, isWhole: false });
  });
});
