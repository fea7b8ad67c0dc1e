import { describe, expect, it } from 'vitest';
import { MetricsFile, metricsTable } from '../../../coordinator/records/metrics_file.ts';
import type { EpochRecord } from '../../../coordinator/training/evaluation.ts';
import { MemoryDisk } from './memory_disk.ts';

const epoch = (number: number): EpochRecord => ({
  epoch: number,
  step: 10 * number,
  evaluation: {
    training: { loss: 0.5 / number, metrics: { accuracy: 0.75, top5Accuracy: 1 }, samples: 8 },
    test: { loss: 0.25, metrics: { accuracy: 0.5, top5Accuracy: 0.875 }, samples: 4 },
  },
});

describe('metrics.csv', () => {
  it('has a row for each epoch and set, with every metric of the graph', () => {
    expect(metricsTable([epoch(1), epoch(2)])).toBe(
      [
        'epoch,step,set,samples,loss,accuracy,top5Accuracy',
        '1,10,training,8,0.5,0.75,1',
        '1,10,test,4,0.25,0.5,0.875',
        '2,20,training,8,0.25,0.75,1',
        '2,20,test,4,0.25,0.5,0.875',
        '',
      ].join('\n'),
    );
  });

  it('holds the newest history once everything is written', async () => {
    const disk = new MemoryDisk();
    const file = new MetricsFile('/run', disk);
    file.write([epoch(1)]);
    file.write([epoch(1), epoch(2)]);
    file.write([epoch(1), epoch(2), epoch(3)]);
    await file.finish();
    const text = new TextDecoder().decode(await disk.read('/run/metrics.csv'));
    expect(text).toBe(metricsTable([epoch(1), epoch(2), epoch(3)]));
  });
});
