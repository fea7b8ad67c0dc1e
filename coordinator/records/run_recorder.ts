// What a run leaves behind: the ledger, line by line, and checkpoints as they come due. A checkpoint becomes visible only
// when the ledger up to it is durable, so that the ledger is never behind.

import { join } from 'node:path';
import type { Clock } from '../../shared/clock.ts';
import { InputError } from '../../shared/errors.ts';
import type { RunState } from '../../shared/watch/messages.ts';
import { firstLook } from '../computation/own_computation.ts';
import type { PreparedJob } from '../computation/prepared_job.ts';
import type { Confirmations, Credit } from '../training/credit.ts';
import type { EpochRecord, Evaluation, Measurement } from '../training/evaluation.ts';
import type { CountedShard } from '../training/trainer_messages.ts';
import { type Checkpoint, encodeCheckpoint } from './checkpoint.ts';
import { CheckpointLosses, type StepLoss } from './checkpoint_losses.ts';
import type { CheckpointPolicy } from './checkpoint_policy.ts';
import { CheckpointSaver } from './checkpoint_saver.ts';
import { ContributionRecords } from './contribution_records.ts';
import { Curves } from './curves.ts';
import type { Disk } from './disk.ts';
import { describeRun, digestKeyOf, type LedgerRecord, type RunRecord } from './ledger.ts';
import { restoreCredit } from './ledger_credit.ts';
import { beforeIn, pastStepsOf, recount, startStepOf } from './ledger_steps.ts';
import { LedgerWriter } from './ledger_writer.ts';
import {
  checkpointFile,
  checkpointSteps,
  lastWholeCheckpoint,
  ledgerFile,
  removeTemporaryFiles,
} from './run_folder.ts';
import { SampleCount } from './sample_count.ts';

export interface RunRecorderOptions {
  readonly prepared: PreparedJob;
  /** The run's folder, which exists. */
  readonly folder: string;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly policy: CheckpointPolicy;
  /** Who gave what; of nobody yet, but for what the ledger says of earlier steps. */
  readonly credit: Credit;
  /** Whether somebody may watch, and see where training begins. */
  readonly isWatched: boolean;
  /** A checkpoint is whole and durable. */
  readonly onSaved?: (step: number, file: string) => void;
  /** Something could not be saved, or can be again: a line for people. */
  readonly onTrouble: (line: string) => void;
}

export class RunRecorder {
  /** One record for each epoch that was evaluated. */
  readonly history: EpochRecord[];
  /** What was measured before the first step, if something was. */
  readonly before: Evaluation | undefined;
  /** The steps before those of this process, as the ledger has them. */
  readonly pastSteps: readonly StepLoss[];
  readonly #options: RunRecorderOptions;
  readonly #ledger: LedgerWriter;
  readonly #saver: CheckpointSaver;
  readonly #curves: Curves;
  readonly #count: SampleCount;
  readonly #losses: CheckpointLosses;
  readonly #contributions: ContributionRecords;
  /** The step that the ledger begins with. */
  readonly #startStep: number;

  private constructor(
    options: RunRecorderOptions,
    ledger: LedgerWriter,
    checkpoint: Checkpoint | undefined,
    records: readonly LedgerRecord[],
  ) {
    const { prepared, folder, disk, clock, policy, credit, onSaved, onTrouble } = options;
    const { job, data, state } = prepared;
    this.#options = options;
    this.#ledger = ledger;
    const curves = { folder, disk, now: clock.now, stepsPerEpoch: data.stepsPerEpoch };
    this.#curves = new Curves({ ...curves, resumedFrom: checkpoint?.step });
    this.#contributions = new ContributionRecords(credit);
    restoreCredit(credit, records, checkpoint?.step ?? 0);
    this.history = [...(checkpoint?.history ?? [])];
    this.before = beforeIn(records);
    this.pastSteps = pastStepsOf(records, checkpoint?.step ?? 0);
    this.#losses = new CheckpointLosses(this.pastSteps);
    if (checkpoint !== undefined) this.#losses.onCheckpoint(checkpoint.step);
    this.#startStep = startStepOf(records) ?? checkpoint?.step ?? 0;
    this.#count = new SampleCount(data.dataSet.training.count, (step, shard) => data.indicesOf(step - 1, shard));
    const { digest: dataDigest, fields } = data.dataSet;
    this.#saver = new CheckpointSaver({
      folder,
      disk,
      policy,
      startStep: this.#startStep,
      now: clock.now,
      schedule: clock.schedule,
      encode: (step) => {
        this.#losses.onCheckpoint(step);
        return encodeCheckpoint(state, { job, step, dataDigest, fields, history: this.history });
      },
      lastWhole: () => lastWholeCheckpoint(folder, disk),
      beforeWrite: () => ledger.sync(),
      ...(onSaved === undefined ? {} : { onSaved }),
      onTrouble,
    });
    this.#saver.resume(this.history);
  }

  /** Records a new run. */
  static async create(options: RunRecorderOptions): Promise<RunRecorder> {
    const { prepared, folder, disk, clock, onTrouble } = options;
    const ledger = await LedgerWriter.create({ file: ledgerFile(folder), disk, clock, onTrouble });
    const found = options.isWatched ? firstLook(prepared, clock.now) : undefined;
    const records: readonly LedgerRecord[] = [
      beginning(prepared, 0),
      ...(found === undefined ? [] : [{ type: 'before', evaluation: found } as const]),
    ];
    for (const record of records) ledger.add(record);
    return new RunRecorder(options, ledger, undefined, records);
  }

  /**
   * Records a run that goes on from a checkpoint, whose parameters and optimizer state the model has already. A folder
   * without a ledger is that of another run, whose ledger begins there.
   * @throws {InputError} if the ledger was changed.
   */
  static async resume(options: RunRecorderOptions, checkpoint: Checkpoint): Promise<RunRecorder> {
    const { folder, disk, clock, onTrouble } = options;
    await removeTemporaryFiles(folder, disk);
    const file = ledgerFile(folder);
    const exists = (await disk.list(folder)).some((name) => join(folder, name) === file);
    const ledgerOptions = { file, disk, clock, onTrouble };
    const { writer, records } = exists
      ? await LedgerWriter.resume(ledgerOptions)
      : { writer: await LedgerWriter.create(ledgerOptions), records: [] };
    const recorder = new RunRecorder(options, writer, checkpoint, records);
    const [first] = records;
    if (first?.type === 'run') options.prepared.state.gradients.digestKey = digestKeyOf(first);
    if (records.length === 0) writer.add(beginning(options.prepared, checkpoint.step));
    else {
      recount(recorder.#count, records, checkpoint.step, options.prepared.data.stepsPerEpoch);
      writer.add({ type: 'resumed', step: checkpoint.step });
    }
    return recorder;
  }

  /** To be called while the parameters are those of `step`. */
  onStep(step: number, measurement: Measurement, contributions: readonly CountedShard[]): void {
    const { prepared } = this.#options;
    const { loss, samples } = measurement;
    this.#curves.onStep(step, measurement);
    this.#losses.onStep(step, loss);
    const parameters = prepared.state.parametersDigest;
    this.#add(this.#contributions.onStep({ step, parameters, loss, samples }, contributions));
    this.#count.add(
      step,
      contributions.map(({ shard }) => shard),
    );
    const { stepsPerEpoch } = prepared.data;
    if (step % stepsPerEpoch === 0) this.#finishEpoch(step / stepsPerEpoch, step);
    else this.#saver.onStep(step);
  }

  /** Says which samples the epoch used, unless the ledger begins in the middle of it. */
  #finishEpoch(epoch: number, step: number): void {
    const result = this.#count.finish();
    const firstStep = step - this.#options.prepared.data.stepsPerEpoch;
    if (firstStep >= this.#startStep) this.#ledger.add({ type: 'epoch', epoch, step, ...result });
  }

  /** To be called while the parameters are those of `step`. */
  onEpoch(epoch: number, step: number, evaluation: Evaluation, contributions: readonly CountedShard[]): void {
    this.#add(this.#contributions.onEvaluation(epoch, step, contributions));
    this.history.push({ epoch, step, evaluation });
    this.#saver.onEpoch(step, this.history);
    this.#curves.onEpoch(this.history);
  }

  /** To be told before the step or the epoch in which they came. */
  readonly onConfirmed = (confirmations: Confirmations): void => this.#contributions.onConfirmed(confirmations);

  #add(records: readonly LedgerRecord[]): void {
    for (const record of records) this.#ledger.add(record);
  }

  /** What there is to say of the checkpoints. */
  get saving(): Pick<RunState, 'checkpoint' | 'skippedCheckpoints' | 'trouble'> {
    const { savedStep, skipped, trouble } = this.#saver;
    return {
      ...(savedStep === undefined ? {} : { checkpoint: savedStep }),
      ...(skipped === 0 ? {} : { skippedCheckpoints: skipped }),
      ...(trouble === undefined ? {} : { trouble }),
    };
  }

  /** Saves the parameters, which are those of `step`, whether or not a checkpoint is due. */
  save(step: number): void {
    this.#saver.save(step);
  }

  /** Writes everything out; the checkpoint that was written last, or undefined if it could not be. */
  async finish(): Promise<string | undefined> {
    const file = await this.#saver.lastSaved();
    await this.#ledger.flush();
    await this.#curves.finish();
    return file;
  }

  /**
   * As `finish`, for weights that are the last: older checkpoints make room for them on a full disk.
   * @param isPatient whether to wait for room, until `giveUp` is called
   */
  async keepLast(isPatient: boolean): Promise<string | undefined> {
    const file = await this.#saver.keepLast(isPatient);
    await this.#ledger.flush();
    await this.#curves.finish();
    return file;
  }

  giveUp(): void {
    this.#saver.giveUp();
  }

  /**
   * Writes everything out for a run that cannot go on: it has its checkpoints all the same.
   * @returns the error, saying where somebody may go on. @throws {InputError} if the folder cannot be read.
   */
  async explain(error: unknown): Promise<unknown> {
    await this.finish();
    if (!(error instanceof InputError)) return error;
    const { folder, disk } = this.#options;
    const steps = await checkpointSteps(folder, disk);
    const words = this.#losses.describe(steps.map((step) => ({ step, file: checkpointFile(folder, step) })));
    return new InputError(`${error.message}; ${words}`);
  }
}

/** The first line of a ledger, while the parameters are those of `step`. */
function beginning({ job, digest, data, state }: PreparedJob, step: number): RunRecord {
  return describeRun({
    job: { ...job },
    jobDigest: digest,
    dataDigest: data.dataSet.digest,
    start: { step, parameters: state.parametersDigest },
    digestKey: state.gradients.digestKey,
  });
}
