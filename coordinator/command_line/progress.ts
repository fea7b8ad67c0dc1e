// What a person sees of a run: a live bar on a terminal, plain lines where output is piped.

import { MultiBar, Presets, type SingleBar } from 'cli-progress';
import colors from 'picocolors';
import type { WorkerChange } from '../run/run_events.ts';
import type { Evaluation, Measurement } from '../training/evaluation.ts';
import { diagnoseFit } from '../training/fit_diagnosis.ts';
import { measurementText, metricText } from './metric_text.ts';
import { WorkerLines, workersText } from './worker_lines.ts';

export interface ProgressOptions {
  readonly totalSteps: number;
  readonly stepsPerEpoch: number;
  readonly firstStep: number;
  /** Whether the initial parameters are random, so that the first loss is what chance gives. */
  readonly beginsAtRandom: boolean;
  /** A terminal that can redraw a line. */
  readonly interactive: boolean;
  readonly write: (line: string) => void;
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

/** Milliseconds between two plain lines within an epoch, and between two refreshes of the bar. */
const plainInterval = 10_000;
const barInterval = 100;

export class Progress {
  readonly #options: ProgressOptions;
  readonly #bars: MultiBar | undefined;
  readonly #bar: SingleBar | undefined;
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
    this.#workerLines = new WorkerLines({ ...options, print: (line) => this.#print(line) });
    this.#history.push(...earlier);
    this.#startedAt = options.now();
    this.#lastShown = this.#startedAt;
    this.#lastStep = { samples: 0, at: this.#startedAt };
    this.#epochStart = this.#lastStep;
    this.#rate = { ...this.#lastStep, step: options.firstStep, samplesPerSecond: 0 };
    if (!options.interactive) return;
    this.#bars = new MultiBar(
      {
        format: `epoch {epoch} ${colors.cyan('{bar}')} step {value}/{total} | loss {loss}{metrics} | {rate} samples/s | {workers}`,
        hideCursor: true,
        clearOnComplete: true,
        autopadding: true,
        fps: 1000 / barInterval,
        barsize: 24,
      },
      Presets.shades_classic,
    );
    this.#bar = this.#bars.create(options.totalSteps, options.firstStep, this.#payload());
  }

  onWorkers(change: WorkerChange): void {
    this.#workers = change.workers;
    this.#workerLines.tell(change);
  }

  onStep(step: number, { loss, metrics, samples }: Measurement): void {
    if (step === 1 && this.#options.beginsAtRandom) this.#startLoss = loss;
    this.#average(loss, metrics);
    const now = this.#options.now();
    this.#lastStep = { samples: this.#lastStep.samples + samples, at: now };
    const interval = this.#bar === undefined ? plainInterval : barInterval;
    if (now - this.#lastShown < interval) return;
    this.#lastShown = now;
    this.#measureRate(step);
    if (this.#bar !== undefined) this.#bar.update(step, this.#payload());
    else
      this.#print(
        `${this.#stepText(step)}  loss ${this.#loss.toFixed(4)}${this.#metricsText()}  ${this.#rateText()} samples/s`,
      );
  }

  onEpoch(epoch: number, step: number, evaluation: Evaluation): void {
    this.#history.push(evaluation);
    const columns = (['training', 'validation', 'test'] as const).flatMap((set) => {
      const measured = evaluation[set];
      return measured === undefined ? [] : [`${set} ${measurementText(measured)}`];
    });
    const fit = diagnoseFit(this.#history, this.#startLoss);
    const isWell = fit?.verdict === 'learning' || fit?.verdict === 'levelled-off';
    const paint = isWell ? colors.green : colors.yellow;
    const word = fit === undefined ? '' : `  ${paint(fit.sentence)}`;
    const samplesPerSecond = rateBetween(this.#epochStart, this.#lastStep);
    const rate = `${Math.round(samplesPerSecond).toLocaleString('en')} samples/s`;
    this.#print(`${colors.bold(`epoch ${epoch}`)}  ${columns.join('  ')}  ${rate}${word}`);
    // The next epoch's clock starts behind the evaluation.
    this.#epochStart = { samples: this.#lastStep.samples, at: this.#options.now() };
    this.#rate = { ...this.#epochStart, step, samplesPerSecond };
  }

  /** Seconds since the start. */
  get seconds(): number {
    return (this.#options.now() - this.#startedAt) / 1000;
  }

  /** Prints a line above the bar. */
  print(line: string): void {
    this.#print(line);
  }

  stop(): void {
    // Lines logged since the last refresh are only written by the next one.
    this.#bars?.update();
    this.#bars?.stop();
  }

  #print(line: string): void {
    if (this.#bars === undefined) this.#options.write(line);
    else this.#bars.log(`${line}\n`);
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

  #payload(): Record<string, string> {
    const step = this.#rate.step;
    const epochs = Math.ceil(this.#options.totalSteps / this.#options.stepsPerEpoch);
    const epoch = Math.min(epochs, Math.floor(step / this.#options.stepsPerEpoch) + 1);
    return {
      epoch: `${epoch}/${epochs}`,
      loss: this.#averaged === 0 ? '–' : this.#loss.toFixed(4),
      metrics: this.#metricsText(),
      rate: this.#rateText(),
      workers: workersText(this.#workers),
    };
  }

  #stepText(step: number): string {
    return `step ${step}/${this.#options.totalSteps}`;
  }

  #rateText(): string {
    return Math.round(this.#rate.samplesPerSecond).toLocaleString('en');
  }

  #metricsText(): string {
    return [...this.#metrics].map(([name, value]) => `  ${metricText(name, value)}`).join('');
  }
}

/** Samples a second. */
function rateBetween(one: Count, other: Count): number {
  const milliseconds = other.at - one.at;
  return milliseconds <= 0 ? 0 : (1000 * (other.samples - one.samples)) / milliseconds;
}
