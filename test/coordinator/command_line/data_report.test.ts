import { describe, expect, it } from 'vitest';
import { describeData } from '../../../coordinator/command_line/data_report.ts';
import type { DataSet } from '../../../shared/data/data_set.ts';
import { dataSetFromArrays } from '../../../shared/data/memory_data_set.ts';

const points: DataSet = dataSetFromArrays({
  name: 'points',
  features: { shape: [2] },
  labels: { classes: 3 },
  training: { features: Float32Array.of(0, 10, 1, 20, 2, 30, 3, 40), labels: Uint8Array.of(0, 1, 1, 0) },
  test: { features: Float32Array.of(5, 5), labels: Uint8Array.of(2) },
  normalization: 'range',
});

describe('describeData', () => {
  it('tells counts, classes, ranges and a few samples', () => {
    expect(describeData(points)).toEqual([
      `source     points, SHA-256 ${points.digest.slice(0, 16)}…`,
      'samples    4 training, 0 validation, 1 test',
      'features   f32 [2], normalized in the model',
      '           position  least  mean  deviation  most',
      '           0             0   1.5      1.118     3',
      '           1            10    25      11.18    40',
      'labels     u8 [], 3 classes',
      '           class  training  validation  test',
      '           0             2           0     0',
      '           1             2           0     0',
      '           2             0           0     1',
      '',
      'sample 0   labels 0',
      '           features 0 10',
      'sample 1   labels 1',
      '           features 1 20',
      'sample 2   labels 1',
      '           features 2 30',
    ]);
  });

  it('keeps to 80 columns and to what a terminal shows, whatever names say', () => {
    const [features, labels] = points.fields;
    const classNames = ['one\u001b[2J', 'x'.repeat(100), 'three'];
    const notes = [`a.csv: rows left out, as they have no target: ${'17 '.repeat(40)}`];
    const fields = [
      { ...features, positionNames: ['a\nb', 'ü'.repeat(90)] },
      { ...labels, classNames },
    ];
    const lines = describeData({ ...points, fields: fields as DataSet['fields'], notes });
    for (const line of lines) expect(line).toMatch(/^[^\p{Cc}]{0,80}$/u);
    expect(lines.filter((line) => line.includes('17 17')).length).toBeGreaterThan(1);
  });

  it('lists twenty classes, and says how many there are more', () => {
    const labels = Int32Array.from({ length: 50 }, (_, at) => at);
    const features = new Float32Array(50);
    const many = dataSetFromArrays({
      features: { shape: [1] },
      labels: { classes: 50 },
      training: { features, labels },
    });
    const lines = describeData(many);
    expect(lines).toContain('           … and 30 classes more');
    expect(lines.some((line) => /^ +19 /.test(line))).toBe(true);
    expect(lines.some((line) => /^ +20 /.test(line))).toBe(false);
  });

  it('draws images in shades', () => {
    const image = Uint8Array.from({ length: 64 }, (_, at) => (at % 8 < 4 ? 0 : 255));
    const images = dataSetFromArrays({
      features: { shape: [8, 8, 1] },
      labels: { classes: 1 },
      training: { features: image, labels: Uint8Array.of(0) },
    });
    expect(describeData(images).slice(-5)).toEqual([
      'sample 0   labels 0',
      ...Array.from({ length: 4 }, () => '               @@@@'),
    ]);
  });

  it('counts labels of which a sample may have several', () => {
    const tagged = dataSetFromArrays({
      features: { shape: [1] },
      labels: { shape: [2] },
      training: { features: Float32Array.of(1, 2, 3), labels: Float32Array.of(1, 0, 1, 1, 0, 1) },
    });
    const [features, labels] = tagged.fields;
    const fields = [features, { ...labels, classNames: ['red', 'round'] }] as DataSet['fields'];
    expect(describeData({ ...tagged, fields })).toContain('           red           2           0     0');
  });
});
