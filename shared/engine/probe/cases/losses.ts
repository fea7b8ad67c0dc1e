// What the numerics probe has the kernels of shared/kernels/losses.ts compute.

import { noLabel } from '../../kernels.ts';
import { bytes, elements, type ProbeCase } from '../probe_case.ts';

export const softmax: ProbeCase<'softmax'> = (kernel, bench) =>
  kernel(bench.output(bytes), bench.floats(elements, 9), 3, 13);

export const softmaxCrossEntropy: ProbeCase<'softmaxCrossEntropy'> = (kernel, bench) => {
  const [logits, labels] = [bench.floats(elements, 9), bench.integers(3, 13)];
  kernel(bench.output(8), bench.output(bytes), logits, labels, 3, 13, 0, noLabel, 0);
  kernel(bench.output(8), 0, logits, labels, 3, 13, 0, noLabel, 0);
  kernel(bench.output(8), bench.output(bytes), logits, bench.integers(3, 2), 3, 13, 3, 0, 0.1);
};

export const sumOfSquaredErrors: ProbeCase<'sumOfSquaredErrors'> = (kernel, bench) => {
  const [output, target] = [bench.floats(elements), bench.floats(elements)];
  kernel(bench.output(8), bench.output(bytes), output, target, elements);
  kernel(bench.output(8), 0, output, target, elements);
};

export const accuracy: ProbeCase<'accuracy'> = (kernel, bench) => {
  const [logits, labels] = [bench.floats(4 * elements), bench.integers(elements, 4)];
  kernel(bench.output(8), logits, labels, elements, 4, 0, noLabel);
  kernel(bench.output(8), logits, labels, elements, 4, 3, 0);
};

export const oneHot: ProbeCase<'oneHot'> = (kernel, bench) => kernel(bench.output(bytes), bench.integers(3, 13), 3, 13);

export const widenLabels: ProbeCase<'widenLabels'> = (kernel, bench) =>
  kernel(bench.output(bytes), bench.bytes(elements), elements);

export const topAccuracy: ProbeCase<'topAccuracy'> = (kernel, bench) => {
  const [logits, labels] = [bench.floats(4 * elements), bench.integers(elements, 4)];
  kernel(bench.output(8), logits, labels, elements, 4, 2, 0, noLabel);
  kernel(bench.output(8), logits, labels, elements, 4, 2, 3, 0);
};
