import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { dataSourceSchema, withPaths } from '../../../../shared/data/sources/source_registry.ts';

describe('dataSourceSchema', () => {
  it('fills in that no samples are held out', () => {
    expect(v.parse(dataSourceSchema, { source: 'mnist' })).toEqual({ source: 'mnist', validationSamples: 0 });
  });
});

describe('withPaths', () => {
  it('changes the paths of a source, and nothing else', () => {
    const source = v.parse(dataSourceSchema, {
      source: 'idx',
      trainingImages: 'a',
      trainingLabels: 'b',
      testImages: 'c',
      testLabels: 'd',
      classes: 7,
    });
    const moved = { ...source, trainingImages: '/a', trainingLabels: '/b', testImages: '/c', testLabels: '/d' };
    expect(withPaths(source, (path) => `/${path}`)).toEqual(moved);
  });

  it('leaves a source without files as it is', () => {
    const source = { source: 'mnist', validationSamples: 0 } as const;
    expect(withPaths(source, (path) => `/${path}`)).toEqual(source);
  });
});
