// A run's curves in its folder: metrics.csv for spreadsheets, events for TensorBoard.

import type { EpochRecord, Measurement } from '../training/evaluation.ts';
import type { Disk } from './disk.ts';
import { EventFile } from './event_file.ts';
import { MetricsFile } from './metrics_file.ts';

/** Points of the mini-batches' curves in an epoch: more are averaged. */
const pointsPerEpoch = 100;

/** Milliseconds between two writes within an epoch. */
const writeInterval = 5_000;

export interface CurvesOptions {
  readonly folder: string;
  readonly disk: Disk;
  readonly stepsPerEpoch: number;
  /** The step that a resumed run goes on from; undefined for a new one. */
  readonly resumedFrom: number | undefined;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Seconds since 1970; the system's, if left out. */
  readonly time?: () => number;
}

export class Curves {
  readonly #metrics: MetricsFile;
  readonly #events: EventFile;
  readonly #now: () => number;
  #writtenAt: number;
  /** Steps that make one point. */
  readonly #stepsPerPoint: number;
  #steps = 0;
  #loss = 0;
  readonly #sums = new Map<string, number>();

  constructor({ folder, disk, stepsPerEpoch, resumedFrom, now, time = () => Date.now() / 1000 }: CurvesOptions) {
    this.#metrics = new MetricsFile(folder, disk);
    this.#events = new EventFile({ folder, disk, time });
    this.#now = now;
    this.#writtenAt = now();
    this.#stepsPerPoint = Math.ceil(stepsPerEpoch / pointsPerEpoch);
    if (resumedFrom !== undefined) this.#events.add(resumedFrom + 1, { type: 'start' });
  }

  onStep(step: number, { loss, metrics }: Pick<Measurement, 'loss' | 'metrics'>): void {
    this.#steps += 1;
    this.#loss += loss;
    for (const name in metrics) this.#sums.set(name, (this.#sums.get(name) ?? 0) + (metrics[name] ?? 0));
    if (this.#steps < this.#stepsPerPoint) return;
    const mean = [...this.#sums].map(([name, sum]) => tagged(name, 'mini-batch', sum / this.#steps));
    this.#events.add(step, {
      type: 'scalars',
      values: [tagged('loss', 'mini-batch', this.#loss / this.#steps), ...mean],
    });
    this.#steps = 0;
    this.#loss = 0;
    this.#sums.clear();
    if (this.#now() - this.#writtenAt >= writeInterval) this.#write();
  }

  /** @param history the epochs so far, of which the last has just ended */
  onEpoch(history: readonly EpochRecord[]): void {
    this.#metrics.write(history);
    const { step = 0, evaluation = {} } = history.at(-1) ?? {};
    const values = Object.entries(evaluation).flatMap(([set, { loss, metrics }]) => [
      tagged('loss', set, loss),
      ...Object.entries(metrics).map(([name, value]) => tagged(name, set, value)),
    ]);
    this.#events.add(step, { type: 'scalars', values });
    this.#write();
  }

  #write(): void {
    this.#writtenAt = this.#now();
    void this.#events.flush();
  }

  /** Resolves when all is written that the disk takes. */
  async finish(): Promise<void> {
    await this.#metrics.finish();
    await this.#events.flush();
  }
}

/** TensorBoard shows what has one name before the stroke side by side. */
function tagged(figure: string, set: string, value: number): readonly [string, number] {
  return [`${figure}/${set}`, value];
}
