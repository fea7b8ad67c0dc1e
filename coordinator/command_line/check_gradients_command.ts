// `gradswarm check-gradients`: the engine's analytic gradients against numerical differentiation, tensor by tensor.

import colors from 'picocolors';
import { gather } from '../../shared/data/samples.ts';
import { checkGradients, type TensorGradientCheck } from '../../shared/engine/gradient_check.ts';
import { checkSize } from '../../shared/engine/gradient_check_size.ts';
import { exitCodes } from '../../shared/node/exit_codes.ts';
import { prepareNamedJob } from './named_job.ts';

export interface CheckGradientsFlags {
  readonly set: readonly string[];
  /** Training samples to differentiate over; fewer of a large model, if left out. */
  readonly samples?: number;
  /** Every parameter, however long it takes. */
  readonly all?: boolean;
}

/** Largest relative error that passes: f32 gradients against f64 differences agree far better than this. */
const tolerance = 1e-3;

/** Of the operations that training takes for a sample: a forward pass is a third of them. */
const forwardPart = 1 / 3;

export async function checkGradientsOf(jobName: string, flags: CheckGradientsFlags): Promise<number> {
  const { job, state, graph, data } = await prepareNamedJob({ name: jobName, set: flags.set });
  const { dataSet } = data;
  const { layout, operationsPerSample } = state.replica;
  const tensors = layout.tensors.filter(({ kind }) => kind === 'parameter').map(({ elements }) => elements);
  const model = { tensors, operationsPerSample: forwardPart * operationsPerSample };
  const size = checkSize(model, {
    ...flags,
    samples: flags.samples && Math.min(flags.samples, dataSet.training.count),
  });
  const count = Math.min(size.samples, dataSet.training.count);
  const indices = Uint32Array.from({ length: count }, (_, index) => index);
  const samples = gather(dataSet.training, dataSet.fields, indices);
  const together = size.atOnce === 1 ? '' : `, ${size.atOnce} parameters at a time`;
  console.log(
    `${colors.bold(job.name)}  analytic against numerical gradients over ${count} samples${together}, numerics ${job.numerics}`,
  );
  const { exp, log, tanh, sin, cos } = Math;
  const mathematics = { exp, log, tanh, sin, cos };
  const { componentsPerTensor, atOnce } = size;
  const given = { engine: state.engine, graph, samples, seed: job.seed, mathematics };
  const results = checkGradients({ ...given, componentsPerTensor, atOnce });
  for (const result of results) console.log(lineOf(result));
  console.log(whatWasChecked(results, layout.trainable, flags));
  return results.every(passes) ? exitCodes.success : exitCodes.failure;
}

const passes = ({ worstRelativeError }: TensorGradientCheck) => worstRelativeError <= tolerance;

function lineOf(result: TensorGradientCheck): string {
  const { name, worstRelativeError, compared, skipped } = result;
  const verdict = passes(result) ? colors.green('ok') : colors.red('WRONG');
  const kinks = skipped === 0 ? '' : `, ${skipped} at a kink left out`;
  return `${name.padEnd(16)} worst relative error ${worstRelativeError.toExponential(2)}  ${compared} compared${kinks}  ${verdict}`;
}

function whatWasChecked(
  results: readonly TensorGradientCheck[],
  parameters: number,
  { all = false }: CheckGradientsFlags,
): string {
  const [checked, inAll] = [results.reduce((sum, { compared }) => sum + compared, 0), parameters].map((count) =>
    count.toLocaleString('en'),
  );
  const failed = results.filter((result) => !passes(result)).length;
  const verdict =
    failed === 0 ? `all gradients agree within ${tolerance}` : `${failed} tensors disagree by more than ${tolerance}`;
  const seen = results.reduce((sum, { compared, skipped }) => sum + compared + skipped, 0);
  const more = all || seen === parameters ? '' : ' (--all compares all of them)';
  return `checked ${checked} of ${inAll} parameters${more}: ${verdict}`;
}
