import { describe, expect, it } from 'vitest';
import { measurementText, metricText } from '../../../coordinator/command_line/metric_text.ts';

describe('metricText', () => {
  it.each([
    ['accuracy', 0.98139, 'accuracy 98.14 %'],
    ['top5Accuracy', 1, 'top-5 accuracy 100.00 %'],
    ['binaryAccuracy', 0.5, 'binary accuracy 50.00 %'],
    ['meanAbsoluteError', 0.31274, 'mean absolute error 0.3127'],
    ['meanSquaredError', 0.00001234, 'mean squared error 1.234e-5'],
    ['meanSquaredError', 0, 'mean squared error 0.0000'],
    ['meanSquaredError', 12345678, 'mean squared error 1.235e+7'],
  ])('says %s of %d in words', (name, value, text) => {
    expect(metricText(name, value)).toBe(text);
  });
});

describe('measurementText', () => {
  it('gives the loss and every metric', () => {
    const metrics = { accuracy: 0.5, meanAbsoluteError: 2 };
    expect(measurementText({ loss: 1, metrics })).toBe('loss 1.0000 accuracy 50.00 % mean absolute error 2.0000');
  });
});
