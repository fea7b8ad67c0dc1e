// What the numerics probe has the kernel of shared/kernels/ada_grad.ts compute.

import { bytes, elements, type ProbeCase } from '../probe_case.ts';

export const adaGrad: ProbeCase<'adaGrad'> = (kernel, bench) => {
  const [parameters, gradient] = [bench.kept(bench.floats(elements), bytes), bench.floats(elements)];
  const squareSum = bench.kept(bench.floats(elements, 1, 1), bytes);
  bench.result(kernel(parameters, gradient, squareSum, elements, 0.1, 0.3, 1e-10, 0.01));
};
