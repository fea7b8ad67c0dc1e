// Which checkpoints are worth going back to when a run has come to grief. The loss of a checkpoint is that of the first
// mini-batch that met its parameters; it is sane if it is finite and not above that of the run's first mini-batch. Pure.

/** The loss that belongs to a step: that of its mini-batch, before the step. */
export interface StepLoss {
  readonly step: number;
  readonly loss: number;
}

export class CheckpointLosses {
  readonly #first: number | undefined;
  readonly #past: readonly StepLoss[];
  /** By the step whose parameters they are the losses of; only those that have a checkpoint. */
  readonly #losses = new Map<number, number>();
  #firstHere: number | undefined;
  #newest: number | undefined;

  /** @param past the steps before those of this process, in order. */
  constructor(past: readonly StepLoss[]) {
    this.#past = past;
    this.#first = past[0]?.loss;
  }

  /** The parameters are those of `step` and are saved. */
  onCheckpoint(step: number): void {
    this.#newest = step;
  }

  onStep(step: number, loss: number): void {
    this.#firstHere ??= loss;
    if (step - 1 === this.#newest) this.#losses.set(step - 1, loss);
  }

  /**
   * What to say of the checkpoints there are: the last one that is sane, and that newer ones are not.
   * @param checkpoints their steps and files, the newest first; empty for none
   */
  describe(checkpoints: readonly { readonly step: number; readonly file: string }[]): string {
    const first = this.#first ?? this.#firstHere;
    const judged = checkpoints.map((checkpoint) => ({ ...checkpoint, loss: this.#lossOf(checkpoint.step) }));
    const sane = judged.find(({ loss }) => loss !== undefined && first !== undefined && loss <= first);
    const [newest] = judged;
    if (newest === undefined) return 'there is no checkpoint';
    const began = first === undefined ? '' : `; the run began with ${number(first)}`;
    if (sane === undefined) return `no checkpoint is sane: ${describeLoss(newest)}${began}`;
    const file = `the last good checkpoint is ${sane.file} (step ${sane.step}, loss ${number(sane.loss)}${began})`;
    return sane.step === newest.step ? file : `${file}; the newest is not sane: ${describeLoss(newest)}`;
  }

  #lossOf(step: number): number | undefined {
    return this.#losses.get(step) ?? this.#past.find((past) => past.step === step + 1)?.loss;
  }
}

interface Judged {
  readonly step: number;
  readonly file: string;
  readonly loss: number | undefined;
}

function describeLoss({ step, file, loss }: Judged): string {
  return loss === undefined
    ? `no finite loss is known of ${file} (step ${step})`
    : `${file} (step ${step}) has a loss of ${number(loss)}`;
}

function number(value: number | undefined): string {
  return value === undefined ? '–' : String(Number(value.toPrecision(4)));
}
