import { describe, expect, it } from 'vitest';
import { describeBlas, isFair, pythonEnvironment } from './pytorch.ts';

describe('PyTorch as a peer', () => {
  it('runs without the settings that would make OpenBLAS slower', () => {
    const environment = pythonEnvironment({ PATH: '/bin', OPENBLAS_CORETYPE: 'Haswell', OPENBLAS_L2_SIZE: '1' });
    expect(Object.keys(environment)).not.toContain('OPENBLAS_CORETYPE');
    expect(Object.keys(environment)).not.toContain('OPENBLAS_L2_SIZE');
    expect(environment).toMatchObject({ PATH: '/bin', OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' });
  });

  it('names the BLAS that answered', () => {
    const blas = { torch: '1.13.0', blas: 'OpenBLAS 0.3.21, Cooperlake kernels', rate: 178.2 };
    expect(describeBlas(blas)).toBe('PyTorch 1.13.0 multiplies by OpenBLAS 0.3.21, Cooperlake kernels: 178 GFLOP/s');
  });

  it('is left out where its matrix products come from the reference BLAS', () => {
    const blas = { torch: '1.13.0', blas: '/usr/lib/libblas.so.3', rate: 6.1 };
    expect(isFair(blas)).toBe(false);
    expect(describeBlas(blas)).toMatch(/6\.10 GFLOP\/s\. That is below 30, so it is left out: install/);
  });
});
