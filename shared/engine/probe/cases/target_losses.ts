// What the numerics probe has the kernels of shared/kernels/target_losses.ts compute.

import { bytes, elements, type ProbeCase } from '../probe_case.ts';

export const squaredErrors: ProbeCase<'squaredErrors'> = (kernel, bench) => {
  const [output, target] = [bench.floats(elements), bench.floats(elements)];
  kernel(bench.output(8), bench.output(bytes), output, target, elements, 0.3);
  kernel(bench.output(8), 0, output, target, elements, 0.3);
};

export const huber: ProbeCase<'huber'> = (kernel, bench) => {
  const [output, target] = [bench.floats(elements, 3), bench.floats(elements)];
  kernel(bench.output(8), bench.output(bytes), output, target, elements, 0.7, 0.3);
  kernel(bench.output(8), 0, output, target, elements, 0.7, 0.3);
};

export const binaryCrossEntropy: ProbeCase<'binaryCrossEntropy'> = (kernel, bench) => {
  const [logits, target] = [bench.floats(elements, 20), bench.floats(elements, 0.5, 0.5)];
  kernel(bench.output(8), bench.output(bytes), logits, target, elements, 0.3);
  kernel(bench.output(8), 0, logits, target, elements, 0.3);
};

export const absoluteErrors: ProbeCase<'absoluteErrors'> = (kernel, bench) =>
  kernel(bench.output(8), bench.floats(elements), bench.floats(elements), elements, 0.3);

export const binaryAccuracy: ProbeCase<'binaryAccuracy'> = (kernel, bench) =>
  kernel(bench.output(8), bench.floats(elements), bench.floats(elements, 0.5, 0.5), elements, 0.3);
