import { describe, expect, it } from 'vitest';
import type { FeatureRanges } from '../../../shared/data/feature_ranges.ts';
import type { FieldSpecification } from '../../../shared/data/samples.ts';
import { graphFromLayers } from '../../../shared/model/graph_from_layers.ts';
import type { Layer } from '../../../shared/model/layers/layer_registry.ts';
import type { Loss } from '../../../shared/model/losses/loss_registry.ts';
import { takesAndGives } from '../../../shared/model/takes_and_gives.ts';

const crossEntropy: Loss = { kind: 'softmax-cross-entropy', labelSmoothing: 0 };
const digits = Array.from({ length: 10 }, (_, digit) => String(digit));

interface Given {
  readonly features: Partial<FieldSpecification>;
  readonly labels: Partial<FieldSpecification>;
  readonly layers: readonly Layer[];
  readonly loss?: Loss;
  readonly ranges?: FeatureRanges;
}

function tried({ features, labels, layers, loss = crossEntropy, ranges }: Given) {
  const fields = [
    { name: 'features', type: 'u8', shape: [], ...features },
    { name: 'labels', type: 'u8', shape: [], ...labels },
  ] as const satisfies readonly FieldSpecification[];
  const graph = graphFromLayers(layers, { features: fields[0], labels: fields[1], loss });
  return takesAndGives({ graph, fields, ranges });
}

const dense = (units: number): Layer => ({ type: 'dense', units });
const conv: readonly Layer[] = [{ type: 'conv2d', filters: 2, kernelSize: 3 }, { type: 'relu' }];

function rangesOf(least: readonly number[], most: readonly number[], edge = 0): FeatureRanges {
  return { least, most, isWhole: least.map((value, at) => Number.isInteger(value + (most[at] ?? 0))), edge };
}

describe('takesAndGives', () => {
  const mnist = {
    kind: 'picture',
    height: 28,
    width: 28,
    channels: 1,
    least: 0,
    most: 255,
    ground: 0,
    drawing: 'centred',
  };

  it.each([
    ['dense', [dense(10)]],
    ['convolutional', [...conv, dense(10)]],
  ] as const)('knows MNIST by a %s network: a digit to draw, probabilities of ten classes', (_, layers) => {
    expect(tried({ features: { shape: [28, 28, 1] }, labels: { classes: 10 }, layers })).toEqual({
      takes: mnist,
      gives: { kind: 'classes', names: digits, are: 'probabilities' },
    });
  });

  it('knows a row of bytes without names to be a picture, where a square has as many', () => {
    const { takes } = tried({ features: { shape: [784] }, labels: { classes: 10 }, layers: [dense(10)] });
    expect(takes).toEqual(mnist);
    const { takes: row } = tried({ features: { shape: [780] }, labels: { classes: 10 }, layers: [dense(10)] });
    expect(row.kind).toBe('row');
  });

  it('gives scores, no probabilities, where the loss makes none of them', () => {
    const loss: Loss = { kind: 'sum-of-squared-errors' };
    const { gives } = tried({ features: { shape: [28, 28, 1] }, labels: { classes: 10 }, layers: [dense(10)], loss });
    expect(gives).toEqual({ kind: 'classes', names: digits, are: 'scores' });
  });

  it('knows 8 by 8 fractions on a light ground with four classes that have names', () => {
    const classNames = ['north', 'east', 'south', 'west'];
    const given: Given = {
      features: { type: 'f32', shape: [8, 8] },
      labels: { classes: 4, classNames },
      layers: [dense(4)],
      ranges: rangesOf(new Array(64).fill(0), new Array(64).fill(16), 15.5),
    };
    expect(tried(given)).toEqual({
      takes: { kind: 'picture', height: 8, width: 8, channels: 1, least: 0, most: 16, ground: 16, drawing: 'as drawn' },
      gives: { kind: 'classes', names: classNames, are: 'probabilities' },
    });
  });

  it('knows pictures that are no squares, and colour, which nobody is asked to draw', () => {
    const tall = tried({ features: { shape: [20, 30] }, labels: { classes: 3 }, layers: [dense(3)] });
    expect(tall.takes).toMatchObject({ kind: 'picture', height: 20, width: 30, drawing: 'as drawn' });
    const colour = tried({ features: { shape: [32, 32, 3] }, labels: { classes: 3 }, layers: [...conv, dense(3)] });
    expect(colour.takes).toMatchObject({ kind: 'picture', height: 32, width: 32, channels: 3 });
    expect(colour.takes).not.toHaveProperty('drawing');
  });

  it('knows the figures of a row by name and range, and the target of a regression by its name', () => {
    const positionNames = Array.from({ length: 13 }, (_, at) => `measure ${at}`);
    const given: Given = {
      features: { type: 'f32', shape: [13], positionNames },
      labels: { type: 'f32', positionNames: ['price'] },
      layers: [dense(1)],
      loss: { kind: 'mean-squared-error' },
      ranges: rangesOf(new Array(13).fill(-1.5), new Array(13).fill(2)),
    };
    const { takes, gives } = tried(given);
    expect(gives).toEqual({ kind: 'figures', names: ['price'] });
    if (takes.kind !== 'row') throw new Error(takes.kind);
    expect(takes.features).toHaveLength(13);
    expect(takes.features[12]).toEqual({
      kind: 'figure',
      name: 'measure 12',
      at: 12,
      least: -1.5,
      most: 2,
      isWhole: false,
    });
  });

  it('makes one choice of the categories of a column', () => {
    const positionNames = ['weight', 'make=fiat', 'make=ford', 'fast=yes', 'fast=no'];
    const { takes } = tried({
      features: { type: 'f32', shape: [5], positionNames },
      labels: { classes: 2 },
      layers: [dense(2)],
      ranges: rangesOf([700, 0, 0, 0, 0], [1900, 1, 1, 1, 1]),
    });
    expect(takes).toEqual({
      kind: 'row',
      features: [
        { kind: 'figure', name: 'weight', at: 0, least: 700, most: 1900, isWhole: true },
        { kind: 'choice', name: 'make', at: 1, options: ['fiat', 'ford'] },
        { kind: 'choice', name: 'fast', at: 3, options: ['yes', 'no'] },
      ],
    });
  });

  it('takes three deviations around the mean where there are no data to look at', () => {
    const { takes } = tried({
      features: { type: 'f32', shape: [2], standardization: { mean: [10, 0], deviation: [2, 1] } },
      labels: { classes: 2 },
      layers: [dense(2)],
    });
    expect(
      takes.kind === 'row' && takes.features.map((each) => each.kind === 'figure' && [each.least, each.most]),
    ).toEqual([
      [4, 16],
      [-3, 3],
    ]);
  });

  it('gives a probability for each label, where several may apply', () => {
    const { gives } = tried({
      features: { type: 'f32', shape: [3] },
      labels: { type: 'f32', shape: [2], classNames: ['red', 'round'] },
      layers: [dense(2)],
      loss: { kind: 'binary-cross-entropy' },
    });
    expect(gives).toEqual({ kind: 'labels', names: ['red', 'round'] });
  });

  it('knows a text to go on with', () => {
    const vocabulary = { kind: 'bytes' } as const;
    const layers: readonly Layer[] = [
      { type: 'embedding', width: 4 },
      { type: 'dense', units: 256, perPosition: true },
    ];
    const shape = [6];
    expect(tried({ features: { shape, classes: 256, vocabulary }, labels: { shape, classes: 256 }, layers })).toEqual({
      takes: { kind: 'text', window: 6, vocabulary },
      gives: { kind: 'tokens', size: 256 },
    });
  });
});
