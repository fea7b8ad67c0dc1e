// Recomputes a stretch of a run alone, from its job and its data, and compares every answer and every step with the ledger
// and every checkpoint with the steps: what a run claims can be proven without trusting whoever ran it, and who lied is named.

import { plainText } from '../../shared/protocol/plain_text.ts';
import { isAlignedShard, ReductionTree } from '../../shared/reduction/tree.ts';
import { computeWork } from '../computation/own_computation.ts';
import type { PreparedJob } from '../computation/prepared_job.ts';
import { addSampleSums, type EpochRecord, type SampleSums } from '../training/evaluation.ts';
import type { GradientSlot } from '../training/trainer_messages.ts';
import { type Checkpoint, otherTensor, restoreCheckpoint } from './checkpoint.ts';
import { digestKeyOf, type LedgerRecord, type RunRecord, type StepRecord } from './ledger.ts';
import { ReplayedEpochs } from './replayed_epochs.ts';

/** A checkpoint of the run, or what is wrong with it. */
export interface RunCheckpoint {
  readonly file: string;
  readonly step: number;
  readonly content: Checkpoint | { readonly damage: string };
}

export interface ReplayPlan {
  /** The step whose parameters it begins with, and their checkpoint; without one, the initial parameters. */
  readonly start: { readonly step: number; readonly checkpoint?: RunCheckpoint };
  /** The last step to recompute. */
  readonly to: number;
}

export type ReplayVerdict =
  | { readonly type: 'agrees'; readonly steps: number; readonly checkpoints: number; readonly parameters: string }
  /** The first difference; `step` is where the ledger or the checkpoint differs from what was recomputed. */
  | { readonly type: 'differs'; readonly step: number; readonly difference: string };

/** What the ledger says of each step: of a step done again after a resume, what was written last. */
export interface StatedSteps {
  /** What the run is of, and what it began with. */
  readonly run: RunRecord | undefined;
  readonly steps: ReadonlyMap<number, StepRecord>;
  readonly lastStep: number;
  /** The first step that was written twice, differently. */
  readonly contradiction: number | undefined;
}

export function statedSteps(records: readonly LedgerRecord[]): StatedSteps {
  const steps = new Map<number, StepRecord>();
  const [first] = records;
  const run = first?.type === 'run' ? first : undefined;
  let lastStep = 0;
  let contradiction: number | undefined;
  for (const record of records) {
    if (record.type !== 'step') continue;
    const before = steps.get(record.step);
    const differs = before !== undefined && (before.parameters !== record.parameters || before.loss !== record.loss);
    if (differs && (contradiction === undefined || record.step < contradiction)) contradiction = record.step;
    steps.set(record.step, record);
    lastStep = Math.max(lastStep, record.step);
  }
  return { run, steps, lastStep: Math.max(lastStep, run?.start.step ?? 0), contradiction };
}

/** The newest checkpoint at or before a step that verifies; else the initial parameters. */
export function startOf(checkpoints: readonly RunCheckpoint[], from: number): ReplayPlan['start'] {
  let start: ReplayPlan['start'] = { step: 0 };
  for (const checkpoint of checkpoints) {
    if ('damage' in checkpoint.content || checkpoint.step > from || checkpoint.step < start.step) continue;
    start = { step: checkpoint.step, checkpoint };
  }
  return start;
}

/**
 * Recomputes one step after the other in this process, yielding after each, and ends with the verdict.
 * @param prepared the run's job, with its initial parameters
 */
export function* replay(
  prepared: PreparedJob,
  { start, to }: ReplayPlan,
  stated: StatedSteps,
  checkpoints: readonly RunCheckpoint[],
): Generator<number, ReplayVerdict> {
  const byStep = new Map(checkpoints.map((checkpoint) => [checkpoint.step, checkpoint]));
  if (start.checkpoint !== undefined && !('damage' in start.checkpoint.content)) {
    restoreCheckpoint(prepared.state, start.checkpoint.content, start.checkpoint.file);
  }
  const { run, steps } = stated;
  const epochs = new ReplayedEpochs(prepared, historyOf(start.checkpoint));
  epochs.measure(start.step);
  if (run !== undefined) prepared.state.gradients.digestKey = digestKeyOf(run);
  const parametersStated = start.step === run?.start.step ? run.start.parameters : steps.get(start.step)?.parameters;
  const parametersFound = prepared.state.parametersDigest;
  if (parametersStated !== undefined && parametersStated !== parametersFound) {
    const place = start.checkpoint === undefined ? 'the job initially has' : `checkpoint ${start.checkpoint.file} has`;
    const difference = `${place} parameters ${parametersFound}, the ledger states ${parametersStated}`;
    return { type: 'differs', step: start.step, difference };
  }
  let compared = 0;
  for (let step = start.step + 1; step <= to; step++) {
    const checkpoint = byStep.get(step);
    const knowsEpoch = historyOf(checkpoint).some((record) => record.step === step);
    const wrongStep = compareStep(prepared, step, steps.get(step), epochs.losses);
    // A run that was stopped at an epoch's end has saved it before it was measured.
    const wrongBefore = knowsEpoch ? undefined : compareCheckpoint(prepared, checkpoint);
    epochs.measure(step);
    const difference = wrongStep ?? wrongBefore ?? (knowsEpoch ? compareCheckpoint(prepared, checkpoint) : undefined);
    if (difference !== undefined) return { type: 'differs', step, difference };
    if (byStep.has(step)) compared += 1;
    yield step;
  }
  const parameters = prepared.state.parametersDigest;
  return { type: 'agrees', steps: to - start.step, checkpoints: compared, parameters };
}

/** Does the step; returns in words what the ledger says otherwise. */
function compareStep(
  prepared: PreparedJob,
  step: number,
  stated: StepRecord | undefined,
  losses: readonly number[],
): string | undefined {
  if (stated === undefined) return 'the ledger has no record of it';
  const { data, state, job } = prepared;
  const microbatches = Math.ceil(data.samplesInStep(step - 1) / job.microbatchSize);
  if (!tile(stated.contributions, microbatches)) {
    return 'the contributions in the ledger are not every microbatch exactly once';
  }
  const { slot, sums, others } = recompute(prepared, step - 1, stated.contributions, microbatches);
  state.applyGradient(slot, sums.samples, prepared.learningRateAt(step - 1, losses), step);
  if (others.length > 0) return describeOthers(others);
  if (stated.samples !== sums.samples) {
    return `the ledger states ${stated.samples} samples, its mini-batch has ${sums.samples}`;
  }
  const loss = sums.lossSum / sums.samples;
  if (stated.loss !== loss) return `the ledger states a loss of ${stated.loss}, recomputed ${loss}`;
  const found = state.parametersDigest;
  return stated.parameters === found
    ? undefined
    : `the ledger states parameters ${stated.parameters}, recomputed ${found}`;
}

function historyOf(checkpoint: RunCheckpoint | undefined): readonly EpochRecord[] {
  return checkpoint === undefined || 'damage' in checkpoint.content ? [] : checkpoint.content.history;
}

type Contribution = StepRecord['contributions'][number];

interface RecomputedStep {
  readonly slot: GradientSlot;
  readonly sums: SampleSums;
  /** Contributions that have another digest than what was recomputed for their shard. */
  readonly others: readonly Contribution[];
}

/** The gradient of a step, from 0, shard by shard as it was lent. */
function recompute(
  prepared: PreparedJob,
  step: number,
  contributions: readonly Contribution[],
  microbatches: number,
): RecomputedStep {
  const { gradients } = prepared.state;
  const tree = new ReductionTree<Pick<RecomputedStep, 'slot' | 'sums'>>(microbatches, (left, right) => {
    gradients.add(left.slot, right.slot);
    return { slot: left.slot, sums: addSampleSums(left.sums, right.sums) };
  });
  const others: Contribution[] = [];
  for (const contribution of contributions) {
    const [, first, count, digest] = contribution;
    const shard = { first, count };
    const { gradient: slot, ...sums } = computeWork(prepared, { kind: 'gradient', step, shard });
    if (slot === undefined) throw new Error('training gives a gradient');
    if (gradients.inspect(slot, sums).digest !== digest) others.push(contribution);
    tree.add(shard, { slot, sums });
  }
  if (tree.root === undefined) throw new Error('shards that tile a tree have a root');
  return { ...tree.root.value, others };
}

function describeOthers(contributions: readonly Contribution[]): string {
  const answers = contributions.map(([worker, first, count]) => {
    const which = count === 1 ? `microbatch ${first}` : `microbatches ${first} to ${first + count - 1}`;
    return `the answer of worker ${plainText(worker)} for ${which}`;
  });
  return `${answers.join(', and ')} ${answers.length === 1 ? 'is' : 'are'} not what was recomputed`;
}

function compareCheckpoint({ state }: PreparedJob, checkpoint: RunCheckpoint | undefined): string | undefined {
  if (checkpoint === undefined) return undefined;
  const { file, content } = checkpoint;
  if ('damage' in content) return content.damage;
  const tensor = otherTensor(state, content);
  return tensor === undefined ? undefined : `checkpoint ${file} holds another ${tensor} than was recomputed`;
}

/** Whether the shards are nodes of the reduction tree that cover every microbatch exactly once. */
function tile(contributions: readonly Contribution[], microbatches: number): boolean {
  let next = 0;
  for (const [, first, count] of [...contributions].sort(([, one], [, other]) => one - other)) {
    if (first !== next || !isAlignedShard({ first, count }, microbatches)) return false;
    next += count;
  }
  return next === microbatches;
}
