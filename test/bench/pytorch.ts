// PyTorch as a peer: found, freed of settings that would slow it down, and asked how fast its matrix products are, so that
// nobody is beaten who could not run.

import { spawnSync } from 'node:child_process';
import { threeDigits } from '../../coordinator/command_line/table.ts';
import { peerScript } from './places.ts';

export interface PyTorch {
  readonly python: string;
  /** What a peer in Python runs in. */
  readonly environment: NodeJS.ProcessEnv;
}

/** GFLOP/s of a matrix product, below which PyTorch runs on a BLAS that nobody would choose: the reference one gives 6. */
const leastRate = 30;

/** Settings by which OpenBLAS takes other kernels than the machine’s best. */
const slowing: readonly string[] = ['OPENBLAS_CORETYPE', 'OPENBLAS_L2_SIZE'];

interface Blas {
  readonly torch: string;
  readonly blas: string;
  /** GFLOP/s. */
  readonly rate: number;
}

/** A Python with PyTorch: $PYTHON if that is set, else one of the usual places. Prints what it is, or why there is none. */
export function findPyTorch(): PyTorch | undefined {
  const environment = pythonEnvironment(process.env);
  const candidates = process.env.PYTHON === undefined ? ['python3', '/usr/bin/python3'] : [process.env.PYTHON];
  const python = candidates.find((one) => spawnSync(one, ['-c', 'import torch'], { env: environment }).status === 0);
  if (python === undefined) {
    console.log('PyTorch is absent: no python3 here can import torch. Set PYTHON to one that can.');
    return undefined;
  }
  const { stdout, stderr, status } = spawnSync(python, [peerScript('blas.py')], { env: environment, encoding: 'utf8' });
  if (status !== 0) throw new Error(`PyTorch does not multiply: ${stderr.trim().split('\n').at(-1)}`);
  const blas = JSON.parse(stdout) as Blas;
  console.log(describeBlas(blas));
  return isFair(blas) ? { python, environment } : undefined;
}

/**
 * That many threads, no files left behind, and none of the settings that slow OpenBLAS down. Threads of OpenMP sleep while they
 * wait: on two cores, those that spin keep OpenBLAS's from computing, and W1 takes 2 to 11 ms in place of 0.5.
 */
export function pythonEnvironment(environment: NodeJS.ProcessEnv, threads = 1): NodeJS.ProcessEnv {
  const kept = Object.entries(environment).filter(([name]) => !slowing.includes(name));
  const count = String(threads);
  const waiting = threads > 1 ? { OMP_WAIT_POLICY: 'PASSIVE' } : {};
  const own = { OMP_NUM_THREADS: count, OPENBLAS_NUM_THREADS: count, ...waiting, PYTHONDONTWRITEBYTECODE: '1' };
  return { ...Object.fromEntries(kept), ...own };
}

export function isFair({ rate }: Pick<Blas, 'rate'>): boolean {
  return rate >= leastRate;
}

export function describeBlas(blas: Blas): string {
  const found = `PyTorch ${blas.torch} multiplies by ${blas.blas}: ${threeDigits(blas.rate)} GFLOP/s`;
  if (isFair(blas)) return found;
  return `${found}. That is below ${leastRate}, so it is left out: install an optimized BLAS (on Debian libopenblas0-pthread), or wait until the machine is idle.`;
}
