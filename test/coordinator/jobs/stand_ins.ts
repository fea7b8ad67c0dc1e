// What the built-in jobs' data have, where nothing depends on the samples themselves or their packages may not be installed: as
// they would be, but for their statistics.

import type { FieldSpecification } from '../../../shared/data/samples.ts';

const digits: readonly FieldSpecification[] = [
  { name: 'image', type: 'u8', shape: [28, 28, 1] },
  { name: 'label', type: 'u8', shape: [], classes: 10 },
];

const text = (window: number, classes: number): readonly FieldSpecification[] => [
  { name: 'tokens', type: 'u8', shape: [window], classes },
  { name: 'next', type: 'u8', shape: [window], classes },
];

export const standIns: Readonly<Record<string, readonly FieldSpecification[]>> = {
  cars: [
    { name: 'features', type: 'f32', shape: [8], standardization: { mean: [0.5], deviation: [2] } },
    { name: 'labels', type: 'f32', shape: [1] },
  ],
  class: digits,
  'emoji-cnn': [
    { name: 'image', type: 'u8', shape: [32, 32, 3], standardization: { mean: [120], deviation: [60] } },
    { name: 'label', type: 'u8', shape: [], classes: 10 },
  ],
  iris: [
    { name: 'features', type: 'f32', shape: [4], standardization: { mean: [0.5], deviation: [2] } },
    { name: 'labels', type: 'u8', shape: [], classes: 3 },
  ],
  'mnist-lenet': digits,
  'mnist-mlp': digits,
  'mnist-resnet': digits,
  'mnist-textbook': digits,
  'text-gpt': text(64, 96),
  'text-gpt-lora': text(64, 98),
  'text-lstm': text(40, 98),
};
