// `gradswarm check-gradients`: the engine's analytic gradients against numerical differentiation, tensor by tensor.

import colors from 'picocolors';
import { gather } from '../../shared/data/samples.ts';
import { checkGradients } from '../../shared/engine/gradient_check.ts';
import { exitCodes } from '../../shared/node/exit_codes.ts';
import { prepareJob } from '../computation/prepared_job.ts';
import { loadDataSet } from '../data/data_sources.ts';
import { loadJob } from '../jobs/job_files.ts';

export interface CheckGradientsFlags {
  readonly set: readonly string[];
  /** Training samples to differentiate over. */
  readonly samples: number;
}

/** Largest relative error that passes: f32 gradients against f64 differences agree far better than this. */
const tolerance = 1e-3;

export async function checkGradientsOf(jobName: string, flags: CheckGradientsFlags): Promise<number> {
  const job = await loadJob(jobName, flags.set);
  const dataSet = await loadDataSet(job);
  const { state, graph } = await prepareJob(job, dataSet);
  const count = Math.min(flags.samples, dataSet.training.count);
  const indices = Uint32Array.from({ length: count }, (_, index) => index);
  const samples = gather(dataSet.training, dataSet.fields, indices);
  const { exp, log, tanh, sin, cos } = Math;
  const results = checkGradients({
    engine: state.engine,
    graph,
    samples,
    seed: job.seed,
    mathematics: { exp, log, tanh, sin, cos },
  });
  let failed = 0;
  console.log(
    `${colors.bold(job.name)}  analytic against numerical gradients over ${count} samples, numerics ${job.numerics}`,
  );
  for (const { name, worstRelativeError, compared, skipped } of results) {
    const passes = worstRelativeError <= tolerance;
    if (!passes) failed += 1;
    const verdict = passes ? colors.green('ok') : colors.red('WRONG');
    const kinks = skipped === 0 ? '' : `, ${skipped} at a kink left out`;
    console.log(
      `${name.padEnd(16)} worst relative error ${worstRelativeError.toExponential(2)}  ${compared} compared${kinks}  ${verdict}`,
    );
  }
  console.log(
    failed === 0 ? `all gradients agree within ${tolerance}` : `${failed} tensors disagree by more than ${tolerance}`,
  );
  return failed === 0 ? exitCodes.success : exitCodes.failure;
}
