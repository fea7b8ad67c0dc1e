// metrics.csv: what was measured at the end of each epoch, for spreadsheets and plots. It is made anew from the run's
// history each time, so a run that is resumed goes on with it.

import { join } from 'node:path';
import type { EpochRecord } from '../training/evaluation.ts';
import { writeFileAtomically } from './atomic_write.ts';
import type { Disk } from './disk.ts';

/** A row for each epoch and set: `epoch,step,set,samples,loss`, then every metric by its name. */
export function metricsTable(history: readonly EpochRecord[]): string {
  const measured = history.flatMap(({ epoch, step, evaluation }) =>
    Object.entries(evaluation).map(([set, { loss, metrics, samples }]) => ({
      epoch,
      step,
      set,
      samples,
      loss,
      metrics,
    })),
  );
  const names = [...new Set(measured.flatMap(({ metrics }) => Object.keys(metrics)))];
  const rows = measured.map(({ metrics, ...row }) =>
    [...Object.values(row), ...names.map((name) => metrics[name] ?? '')].join(','),
  );
  return `${[['epoch', 'step', 'set', 'samples', 'loss', ...names].join(','), ...rows].join('\n')}\n`;
}

export class MetricsFile {
  readonly #file: string;
  readonly #disk: Disk;
  #writing: Promise<void> = Promise.resolve();
  #next: string | undefined;

  constructor(folder: string, disk: Disk) {
    this.#file = join(folder, 'metrics.csv');
    this.#disk = disk;
  }

  /** Replaces the file's content, as soon as what is being written before is there. */
  write(history: readonly EpochRecord[]): void {
    const isWaiting = this.#next !== undefined;
    this.#next = metricsTable(history);
    if (!isWaiting) this.#writing = this.#writing.then(() => this.#writeNext());
  }

  /** Resolves when all is written. */
  async finish(): Promise<void> {
    await this.#writing;
  }

  async #writeNext(): Promise<void> {
    const text = this.#next ?? '';
    this.#next = undefined;
    // A disk that takes nothing is spoken of where checkpoints are written; the history is in those, too.
    await writeFileAtomically(this.#file, new TextEncoder().encode(text), this.#disk).catch(() => undefined);
  }
}
