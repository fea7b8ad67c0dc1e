import { describe, expect, it } from 'vitest';
import { readLedger } from '../../../coordinator/records/ledger.ts';
import { ledgerFile } from '../../../coordinator/records/run_folder.ts';
import { MemoryDisk } from './memory_disk.ts';
import { folder, recordedRun } from './recorded_run.ts';

const recordsOn = (disk: MemoryDisk) => readLedger(disk.files.get(ledgerFile(folder)) ?? new Uint8Array(0)).records;

describe('RunRecorder', () => {
  it('records every step, with what the parameters were and who gave what', async () => {
    const disk = new MemoryDisk();
    const { state } = await recordedRun(disk);
    const steps = recordsOn(disk).flatMap((record) => (record.type === 'step' ? record : []));
    expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: 12 }, (_, index) => index + 1));
    expect(steps.at(-1)?.parameters).toBe(state.parametersDigest);
    expect(steps.map(({ samples }) => samples).slice(0, 3)).toEqual([16, 16, 8]);
    for (const { contributions } of steps) {
      expect(new Set(contributions.map(([worker]) => worker))).toEqual(new Set(['coordinator']));
    }
  });

  it('shows at the end of each epoch that every sample was used exactly once, in resumed epochs too', async () => {
    const disk = new MemoryDisk();
    const whole = await recordedRun(new MemoryDisk());
    for (const stopAfter of [2, 4, 6, 7]) await recordedRun(disk, { stopAfter });
    const resumed = await recordedRun(disk);
    expect(resumed.state.parametersDigest).toBe(whole.state.parametersDigest);
    const records = recordsOn(disk);
    expect(records.flatMap((record) => (record.type === 'resumed' ? record.step : []))).toEqual([2, 4, 6, 7]);
    const epochs = records.flatMap((record) => (record.type === 'epoch' ? record : []));
    expect(epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4]);
    for (const { samples, distinct, everySampleOnce } of epochs) {
      expect({ samples, distinct, everySampleOnce }).toEqual({ samples: 40, distinct: 40, everySampleOnce: true });
    }
  });

  it('is never behind a checkpoint, wherever the run was cut off', async () => {
    const disk = new MemoryDisk();
    const rename = disk.rename;
    disk.rename = async (from, to) => {
      const step = /step-0*(\d+)/.exec(to)?.[1];
      const isRecorded = recordsOn(disk).some((record) => record.type === 'step' && record.step === Number(step));
      if (step !== undefined) expect(isRecorded).toBe(true);
      await rename(from, to);
    };
    await recordedRun(disk);
    expect(disk.log.filter((entry) => entry.startsWith('rename')).length).toBeGreaterThan(3);
  });
});
