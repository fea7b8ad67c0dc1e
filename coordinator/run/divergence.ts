import { InputError } from '../../shared/errors.ts';

/** The end of a run whose numbers have left the range of f32. */
export function divergence(step: number): InputError {
  return new InputError(
    `training diverged at step ${step}: loss or parameters are not finite; try a lower optimizer.learningRate`,
  );
}
