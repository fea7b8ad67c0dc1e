// What a run leaves behind: the ledger, line by line, and checkpoints as they come due. A checkpoint becomes visible only
// when the ledger up to it is durable, so that the ledger is never behind.

import type { Clock } from '../../shared/clock.ts';
import type { PreparedJob } from '../computation/prepared_job.ts';
import type { EpochRecord, Evaluation, Measurement } from '../training/evaluation.ts';
import type { CountedShard } from '../training/trainer.ts';
import { type Checkpoint, encodeCheckpoint } from './checkpoint.ts';
import type { CheckpointPolicy } from './checkpoint_policy.ts';
import { CheckpointSaver } from './checkpoint_saver.ts';
import type { Disk } from './disk.ts';
import { describeRun, type LedgerRecord } from './ledger.ts';
import { LedgerWriter } from './ledger_writer.ts';
import { ledgerFile, removeTemporaryFiles } from './run_folder.ts';
import { SampleCount } from './sample_count.ts';

export interface RunRecorderOptions {
  readonly prepared: PreparedJob;
  /** The run's folder, which exists. */
  readonly folder: string;
  /** What paths in the job are relative to. */
  readonly directory: string;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly policy: CheckpointPolicy;
  /** A checkpoint is whole and durable. */
  readonly onSaved?: (step: number, file: string) => void;
  /** Something could not be saved, or can be again: a line for people. */
  readonly onTrouble: (line: string) => void;
}

export class RunRecorder {
  /** One record for each epoch that was evaluated. */
  readonly history: EpochRecord[];
  /** The steps before those of this process, as the ledger has them. */
  readonly pastSteps: readonly { readonly step: number; readonly loss: number }[];
  readonly #options: RunRecorderOptions;
  readonly #ledger: LedgerWriter;
  readonly #saver: CheckpointSaver;
  readonly #count: SampleCount;

  private constructor(
    options: RunRecorderOptions,
    ledger: LedgerWriter,
    checkpoint: Checkpoint | undefined,
    records: readonly LedgerRecord[],
  ) {
    const { prepared, directory, folder, disk, clock, policy, onSaved, onTrouble } = options;
    const { job, data, state } = prepared;
    this.#options = options;
    this.#ledger = ledger;
    this.history = [...(checkpoint?.history ?? [])];
    this.pastSteps = pastStepsOf(records, checkpoint?.step ?? 0);
    this.#count = new SampleCount(data.dataSet.training.count, (step, shard) => data.indicesOf(step - 1, shard));
    const dataDigest = data.dataSet.digest;
    this.#saver = new CheckpointSaver({
      folder,
      disk,
      policy,
      firstStep: checkpoint?.step ?? 0,
      now: clock.now,
      encode: (step) => encodeCheckpoint(state, { job, directory, step, dataDigest, history: this.history }),
      beforeWrite: () => ledger.sync(),
      ...(onSaved === undefined ? {} : { onSaved }),
      onTrouble,
    });
    this.#saver.resume(this.history);
  }

  /** Records a new run. */
  static async create(options: RunRecorderOptions): Promise<RunRecorder> {
    return new RunRecorder(options, await createLedger(options), undefined, []);
  }

  /**
   * Records a run that goes on from a checkpoint, in its folder or, if that has no ledger, in another.
   * @throws {InputError} if the ledger was changed.
   */
  static async resume(options: RunRecorderOptions, checkpoint: Checkpoint): Promise<RunRecorder> {
    const { folder, disk, clock, onTrouble } = options;
    await removeTemporaryFiles(folder, disk);
    const file = ledgerFile(folder);
    const exists = (await disk.list(folder)).some((name) => file.endsWith(name));
    const { writer, records } = exists
      ? await LedgerWriter.resume({ file, disk, clock, onTrouble })
      : { writer: await createLedger(options), records: [] };
    const recorder = new RunRecorder(options, writer, checkpoint, records);
    recorder.#recount(records, checkpoint.step);
    writer.add({ type: 'resumed', step: checkpoint.step });
    return recorder;
  }

  /** To be called while the parameters are those of `step`. */
  onStep(step: number, { loss, samples }: Measurement, contributions: readonly CountedShard[]): void {
    const { prepared } = this.#options;
    this.#ledger.add({
      type: 'step',
      step,
      parameters: prepared.state.parametersDigest,
      loss,
      samples,
      contributions: contributions.map(({ worker, shard }) => [worker, shard.first, shard.count]),
    });
    this.#count.add(
      step,
      contributions.map(({ shard }) => shard),
    );
    const { stepsPerEpoch } = prepared.data;
    if (step % stepsPerEpoch === 0) {
      this.#ledger.add({ type: 'epoch', epoch: step / stepsPerEpoch, step, ...this.#count.finish() });
    } else {
      this.#saver.onStep(step);
    }
  }

  /** To be called while the parameters are those of `step`. */
  onEpoch(epoch: number, step: number, evaluation: Evaluation): void {
    this.history.push({ epoch, step, evaluation });
    this.#saver.onEpoch(step, this.history);
  }

  /** What there is to say of the checkpoints. */
  get saving(): { readonly checkpoint?: number; readonly trouble?: string } {
    const { savedStep, trouble } = this.#saver;
    return {
      ...(savedStep === undefined ? {} : { checkpoint: savedStep }),
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
    return file;
  }

  /** Counts again what the epoch's steps before the checkpoint were made of. */
  #recount(records: readonly LedgerRecord[], step: number): void {
    const { stepsPerEpoch } = this.#options.prepared.data;
    const epochStart = Math.floor(step / stepsPerEpoch) * stepsPerEpoch;
    const steps = new Map<number, readonly (readonly [string, number, number])[]>();
    for (const record of records) {
      const isOfEpoch = record.type === 'step' && record.step > epochStart && record.step <= step;
      if (isOfEpoch) steps.set(record.step, record.contributions);
    }
    for (const [done, contributions] of steps) {
      this.#count.add(
        done,
        contributions.map(([, first, count]) => ({ first, count })),
      );
    }
  }
}

/** Each step once, in order, up to the one that the run goes on from. */
function pastStepsOf(records: readonly LedgerRecord[], last: number): RunRecorder['pastSteps'] {
  const losses = new Map<number, number>();
  for (const record of records) {
    if (record.type === 'step' && record.step <= last) losses.set(record.step, record.loss);
  }
  return [...losses].map(([step, loss]) => ({ step, loss })).sort((one, other) => one.step - other.step);
}

async function createLedger({ prepared, folder, directory, disk, clock, onTrouble }: RunRecorderOptions) {
  const { job, digest, data } = prepared;
  const ledger = await LedgerWriter.create({ file: ledgerFile(folder), disk, clock, onTrouble });
  ledger.add(describeRun({ ...job }, digest, directory, data.dataSet.digest));
  return ledger;
}
