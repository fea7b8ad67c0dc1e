// What a person sees of a run: a live bar on a terminal, plain lines where output is piped.

import colors from 'picocolors';
import type { WorkerChange } from '../run/run_events.ts';
import type { Evaluation, Measurement } from '../training/evaluation.ts';
import { diagnoseFit } from '../training/fit_diagnosis.ts';
import { measurementText, metricText } from './metric_text.ts';
import type { Output } from './output.ts';
import type { StatusPart } from './status_line.ts';
import { WorkerLines, workersText } from './worker_lines.ts';

export interface ProgressOptions {
  readonly totalSteps: number;
  readonly stepsPerEpoch: number;
  readonly firstStep: number;
  /** Whether the initial parameters are random, so that the first loss is what chance gives. */
  readonly beginsAtRandom: boolean;
  /** Whether the coordinator goes on where no worker is left. */
  readonly trainsAlone: boolean;
  /** Samples of the whole training set, of which a part is measured. */
  readonly trainingSamples: number;
  readonly output: Output;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** A moment, and the samples that had been counted in steps by then. */
interface Count {
  readonly samples: number;
  readonly at: number;
}

/** The rate of the stretch that ended with a step. */
interface Rate extends Count {
  readonly step: number;
  readonly samplesPerSecond: number;
}

/** Steps over which the displayed loss and metrics are averaged: single mini-batches jump too much to be read. */
const averagedSteps = 50;

/** Milliseconds between two plain lines within an epoch, and between two states of the line at the bottom. */
const plainInterval = 10_000;
const statusInterval = 100;

export class Progress {
  readonly #options: ProgressOptions;
  readonly #workerLines: WorkerLines;
  readonly #history: Evaluation[] = [];
  readonly #startedAt: number;
  /** Of the first mini-batch, if it met random parameters; undefined in a run that is resumed. */
  #startLoss: number | undefined;
  #loss = 0;
  readonly #metrics = new Map<string, number>();
  #averaged = 0;
  #workers = 0;
  #lastShown: number;
  #rate: Rate;
  #epochStart: Count;
  #lastStep: Count;

  constructor(options: ProgressOptions, earlier: readonly Evaluation[] = []) {
    this.#options = options;
    this.#workerLines = new WorkerLines({
      interactive: options.output.isLive,
      trainsAlone: options.trainsAlone,
      print: (line) => this.#print(line),
      now: options.now,
    });
    this.#history.push(...earlier);
    this.#startedAt = options.now();
    this.#lastShown = this.#startedAt;
    this.#lastStep = { samples: 0, at: this.#startedAt };
    this.#epochStart = this.#lastStep;
    this.#rate = { ...this.#lastStep, step: options.firstStep, samplesPerSecond: 0 };
    this.#show();
  }

  onWorkers(change: WorkerChange): void {
    this.#workers = change.workers;
    this.#show();
    this.#workerLines.tell(change);
  }

  onStep(step: number, { loss, metrics, samples }: Measurement): void {
    if (step === 1 && this.#options.beginsAtRandom) this.#startLoss = loss;
    this.#average(loss, metrics);
    const now = this.#options.now();
    this.#lastStep = { samples: this.#lastStep.samples + samples, at: now };
    const { isLive } = this.#options.output;
    const interval = isLive ? statusInterval : plainInterval;
    if (now - this.#lastShown < interval) return;
    this.#lastShown = now;
    this.#measureRate(step);
    if (isLive) this.#show();
    else this.#print([this.#stepText(step), this.#lossText(), ...this.#metricTexts(), this.#rateText()].join('  '));
  }

  onEpoch(epoch: number, step: number, evaluation: Evaluation): void {
    this.#history.push(evaluation);
    const fit = diagnoseFit(this.#history, this.#startLoss);
    const isWell = fit?.verdict === 'learning' || fit?.verdict === 'levelled-off';
    const paint = isWell ? colors.green : colors.yellow;
    // None, if the epoch's steps were done before the run was resumed.
    const hasSteps = this.#lastStep.samples > this.#epochStart.samples;
    const samplesPerSecond = rateBetween(this.#epochStart, this.#lastStep);
    this.#print(
      [
        colors.bold(`epoch ${epoch}`),
        ...this.#measuredTexts(evaluation),
        ...(hasSteps ? [rateText(samplesPerSecond)] : []),
        ...(fit === undefined ? [] : [paint(fit.sentence)]),
      ].join('  '),
    );
    // The next epoch's clock starts behind the evaluation.
    this.#epochStart = { samples: this.#lastStep.samples, at: this.#options.now() };
    this.#rate = { ...this.#epochStart, step, samplesPerSecond };
  }

  /** What was measured on each set; of the training set perhaps a part. */
  #measuredTexts(evaluation: Evaluation): readonly string[] {
    return (['training', 'validation', 'test'] as const).flatMap((set) => {
      const measured = evaluation[set];
      if (measured === undefined) return [];
      const all = set === 'training' ? this.#options.trainingSamples : measured.samples;
      const part =
        measured.samples === all ? '' : ` (${measured.samples.toLocaleString('en')} of ${all.toLocaleString('en')})`;
      return [`${set}${part} ${measurementText(measured)}`];
    });
  }

  /** Seconds since the start. */
  get seconds(): number {
    return (this.#options.now() - this.#startedAt) / 1000;
  }

  /** Adds a line that stays. */
  print(line: string): void {
    this.#print(line);
  }

  stop(): void {
    this.#options.output.stop();
  }

  #print(line: string): void {
    this.#options.output.print(line);
  }

  #average(loss: number, metrics: Measurement['metrics']): void {
    this.#averaged = Math.min(averagedSteps, this.#averaged + 1);
    const weight = 1 / this.#averaged;
    this.#loss += weight * (loss - this.#loss);
    for (const [name, value] of Object.entries(metrics)) {
      const mean = this.#metrics.get(name) ?? value;
      this.#metrics.set(name, mean + weight * (value - mean));
    }
  }

  #measureRate(step: number): void {
    if (this.#lastStep.at <= this.#rate.at || step === this.#rate.step) return;
    this.#rate = { ...this.#lastStep, step, samplesPerSecond: rateBetween(this.#rate, this.#lastStep) };
  }

  #show(): void {
    const { totalSteps, stepsPerEpoch, output } = this.#options;
    const { step } = this.#rate;
    const epochs = Math.ceil(totalSteps / stepsPerEpoch);
    const epoch = Math.min(epochs, Math.floor(step / stepsPerEpoch) + 1);
    const parts: StatusPart[] = [
      { text: `epoch ${epoch}/${epochs}`, rank: 5 },
      { text: this.#stepText(step), rank: 0 },
      { text: this.#lossText(), rank: 1 },
      ...this.#metricTexts().map((text) => ({ text, rank: 4 })),
      { text: this.#rateText(), rank: 2 },
      { text: workersText(this.#workers), rank: 3 },
    ];
    output.show({ parts, done: step / totalSteps });
  }

  #stepText(step: number): string {
    return `step ${step}/${this.#options.totalSteps}`;
  }

  #lossText(): string {
    return `loss ${this.#averaged === 0 ? '–' : this.#loss.toFixed(4)}`;
  }

  #rateText(): string {
    return rateText(this.#rate.samplesPerSecond);
  }

  #metricTexts(): readonly string[] {
    return [...this.#metrics].map(([name, value]) => metricText(name, value));
  }
}

function rateText(samplesPerSecond: number): string {
  return `${Math.round(samplesPerSecond).toLocaleString('en')} samples/s`;
}

/** Samples a second. */
function rateBetween(one: Count, other: Count): number {
  const milliseconds = other.at - one.at;
  return milliseconds <= 0 ? 0 : (1000 * (other.samples - one.samples)) / milliseconds;
}
