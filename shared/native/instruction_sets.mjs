// What is compiled for which machine: an object for each instruction set and numerics profile.

const x64 = [
  {
    name: 'avx512',
    flags: ['-mavx512f', '-mavx512dq', '-mavx512bw', '-mavx512vl', '-mavx2', '-mfma', '-mprefer-vector-width=512'],
    features: ['avx512f', 'avx512dq', 'avx512bw', 'avx512vl', 'avx2', 'fma'],
    profiles: ['portable', 'fused'],
  },
  { name: 'avx2', flags: ['-mavx2', '-mfma'], features: ['avx2', 'fma'], profiles: ['portable', 'fused'] },
  // All that every machine of this kind has: no fused multiply-add.
  { name: 'sse2', flags: [], features: [], profiles: ['portable'] },
];

const arm64 = [{ name: 'neon', flags: [], features: [], profiles: ['portable', 'fused'] }];

/** Instruction sets by Node's name of an architecture, the best first. */
export const instructionSets = { x64, arm64 };
