import { beforeEach, describe, expect, it } from 'vitest';
import { computeWork } from '../../../coordinator/computation/own_computation.ts';
import { type PreparedJob, prepareJob } from '../../../coordinator/computation/prepared_job.ts';
import { Verification } from '../../../coordinator/run/verification.ts';
import type { Lease, WorkerId } from '../../../coordinator/training/lease.ts';
import type { Dispute } from '../../../coordinator/training/trainer_messages.ts';
import { tinyDataSet, tinyJob } from '../tiny_job.ts';
import { leaseOf } from '../training/leases.ts';

const shard = { first: 2, count: 2 };
const lease = (worker: string, step = 0): Lease => leaseOf({ worker: worker as WorkerId, shard, step, samples: 6 });

let prepared: PreparedJob;
let version: number;
/** Parameters of earlier versions that are still here. */
let earlier: Map<number, Uint8Array>;
let dropped: string[];
let warnings: string[];
let disproved: string[];
let failures: unknown[];
let verification: Verification;

beforeEach(async () => {
  prepared = await prepareJob(tinyJob, tinyDataSet);
  [version, earlier, dropped, warnings, disproved, failures] = [0, new Map(), [], [], [], []];
  verification = new Verification({
    prepared,
    version: () => version,
    copyParameters: (target, step) => {
      const parameters = earlier.get(step);
      if (parameters !== undefined) target.set(parameters);
      return parameters !== undefined;
    },
    drop: (worker, reason) => dropped.push(`${worker}: ${reason}`),
    onWarning: (message) => warnings.push(message),
    onDisproved: (worker) => disproved.push(worker),
    onFailed: (error) => failures.push(error),
  });
});

/** What the coordinator computes with the parameters as they are, or what it would be with other values. */
function inspectionOf(of: Lease, { scale = 1, value }: { scale?: number; value?: number } = {}) {
  const { gradients } = prepared.state;
  const { gradient, ...sums } = computeWork(prepared, of.work);
  if (gradient === undefined) throw new Error('it is gradient work');
  const bytes = gradients.bytes(gradient);
  const elements = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  elements.forEach((element, index) => {
    elements[index] = value ?? scale * element;
  });
  const inspection = gradients.inspect(gradient, sums);
  gradients.release(gradient);
  return inspection;
}

/** As many usual gradients as it takes to know what is usual. */
function learn(): void {
  for (let index = 0; index < 20; index++) {
    const each = lease('usual');
    expect(verification.judge(each, 6, inspectionOf(each))).toBe('believed');
  }
}

const disputeOf = (of: Lease, answers: Readonly<Record<string, number>>, isCounted = false): Dispute => ({
  work: of.work,
  parameters: of.parameters,
  answers: Object.entries(answers).map(([worker, digest]) => ({ worker: worker as WorkerId, digest, isCounted })),
});

describe('Verification', () => {
  it('blames numbers that are not finite on the worker, where the coordinator finds finite ones', () => {
    const given = inspectionOf(lease('liar'), { value: Number.NaN });
    expect(verification.judge(lease('liar'), 6, given)).toBe('not finite');
    expect(prepared.state.gradients.inUse).toBe(0);
  });

  it('blames nobody for numbers that the coordinator finds too: the run diverges', () => {
    prepared.state.replica.setParameters(new Float32Array(prepared.state.replica.parameterCount).fill(3e38));
    const honest = lease('honest');
    expect(verification.judge(honest, 6, inspectionOf(honest))).toBe('diverged');
    expect(failures).toEqual([expect.objectContaining({ message: expect.stringMatching(/diverged at step/) })]);
  });

  it('doubts a gradient far larger than any before, without a verdict', () => {
    learn();
    expect(verification.judge(lease('spike'), 6, inspectionOf(lease('spike'), { scale: 1e6 }))).toBe('doubted');
    expect(warnings).toEqual([
      expect.stringMatching(
        /^worker spike: the gradient of microbatches 2 to 3 of step 1 is \d+ times larger .* lent again$/,
      ),
    ]);
    expect(dropped).toEqual([]);
  });

  it('believes a doubted gradient that another worker gives too', () => {
    learn();
    const large = { scale: 1e6 };
    verification.judge(lease('one'), 6, inspectionOf(lease('one'), large));
    expect(verification.judge(lease('other'), 6, inspectionOf(lease('other'), large))).toBe('believed');
  });

  it('drops a worker that insists on a doubted gradient which the coordinator does not find', () => {
    learn();
    const large = inspectionOf(lease('liar'), { scale: 1e6 });
    verification.judge(lease('liar'), 6, large);
    expect(verification.judge(lease('liar'), 6, large)).toBe('disproved');
    expect(dropped).toEqual(['liar: the answer to microbatches 2 to 3 of step 1 is not what the coordinator computes']);
  });

  it('resolves a dispute by computing the work, and drops who was wrong', () => {
    const right = inspectionOf(lease('honest')).digest;
    verification.resolve(disputeOf(lease('honest'), { honest: right, liar: right + 1 }));
    expect(dropped).toEqual([expect.stringMatching(/^liar:/)]);
    expect(disproved).toEqual([]);
    expect(prepared.state.gradients.inUse).toBe(0);
  });

  it('resolves a dispute about the step before, with the parameters of that, and leaves the present ones as they are', () => {
    const right = inspectionOf(lease('honest')).digest;
    earlier.set(0, prepared.state.parameterBytes.slice());
    prepared.state.replica.setParameters(new Float32Array(prepared.state.replica.parameterCount).fill(0.01));
    const present = prepared.state.parametersDigest;
    const next = inspectionOf(lease('honest', 1)).digest;
    version = 1;
    verification.resolve(disputeOf(lease('honest'), { honest: right, liar: right + 1 }, true));
    expect(dropped).toEqual([expect.stringMatching(/^liar:/)]);
    expect(disproved).toEqual(['liar']);
    expect(warnings).toEqual([expect.stringMatching(/step 1 has counted it: .* resume from an earlier checkpoint$/)]);
    expect(prepared.state.parametersDigest).toBe(present);
    expect(inspectionOf(lease('honest', 1)).digest).toBe(next);
  });

  it('checks the next answer of each where the parameters are gone', () => {
    version = 9;
    verification.resolve(disputeOf(lease('honest'), { honest: 1, liar: 2 }));
    expect(dropped).toEqual([]);
    expect(warnings).toEqual([expect.stringMatching(/^workers honest and liar contradict each other/)]);
    expect(verification.judge(lease('honest', 9), 6, inspectionOf(lease('honest', 9)))).toBe('believed');
    expect(verification.judge(lease('liar', 9), 6, inspectionOf(lease('liar', 9), { scale: 2 }))).toBe('disproved');
    expect(dropped).toEqual([expect.stringMatching(/^liar:/)]);
  });
});
