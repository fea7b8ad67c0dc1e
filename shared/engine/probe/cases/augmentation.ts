// What the numerics probe has the kernels of shared/kernels/augmentation.ts compute.

import type { ProbeCase } from '../probe_case.ts';

const [samples, height, width, channels] = [3, 4, 5, 3];
const elements = height * width * channels;

/** Seed, step, first sample and tag. */
const draw = [1, 2, 3, 4, 5] as const;

export const cropRandomly: ProbeCase<'cropRandomly'> = (kernel, bench) => {
  const input = bench.floats(samples * elements);
  const geometry = [samples, height, width, channels] as const;
  kernel(bench.output(4 * samples * elements), input, ...geometry, height, width, 2, ...draw);
  kernel(bench.output(4 * samples * 2 * 3 * channels), input, ...geometry, 2, 3, 0, ...draw);
};

export const flipRandomly: ProbeCase<'flipRandomly'> = (kernel, bench) => {
  const output = bench.output(4 * samples * elements);
  kernel(output, bench.floats(samples * elements), samples, height, width, channels, 2 ** 31, ...draw);
};

export const addNoise: ProbeCase<'addNoise'> = (kernel, bench) =>
  kernel(bench.output(4 * samples * 7), bench.floats(samples * 7), samples, 7, 0.3, ...draw);
