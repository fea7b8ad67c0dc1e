// What the numerics probe has the kernels of shared/kernels/group_normalization.ts compute.

import type { ProbeCase } from '../probe_case.ts';

const [samples, pixels, channels, groups] = [2, 5, 9, 3];
const geometry = [samples, pixels, channels, groups] as const;
const elements = samples * pixels * channels;

export const normalizeGroups: ProbeCase<'normalizeGroups'> = (kernel, bench) => {
  const [output, means, factors] = [
    bench.output(4 * elements),
    bench.output(4 * samples * groups),
    bench.output(4 * samples * groups),
  ];
  const [x, gain, bias] = [bench.floats(elements, 3, 1), bench.floats(channels), bench.floats(channels)];
  kernel(output, means, factors, x, gain, bias, ...geometry, 1e-5);
};

export const groupGainGradient: ProbeCase<'groupGainGradient'> = (kernel, bench) => {
  const [gradient, x] = [bench.floats(elements), bench.floats(elements, 3, 1)];
  const [means, factors] = [bench.floats(samples * groups), bench.floats(samples * groups, 1, 2)];
  kernel(bench.output(4 * channels), gradient, x, means, factors, ...geometry);
};

export const normalizeGroupsGradient: ProbeCase<'normalizeGroupsGradient'> = (kernel, bench) => {
  const [target, gradient, x] = [bench.output(4 * elements), bench.floats(elements), bench.floats(elements, 3, 1)];
  const [means, factors] = [bench.floats(samples * groups), bench.floats(samples * groups, 1, 2)];
  kernel(target, gradient, x, means, factors, bench.floats(channels), ...geometry);
};
