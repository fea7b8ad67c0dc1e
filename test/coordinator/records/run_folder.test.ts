import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { newestCheckpoint, removeTemporaryFiles } from '../../../coordinator/records/run_folder.ts';
import { MemoryDisk } from './memory_disk.ts';
import { folder, recordedRun } from './recorded_run.ts';

describe('newestCheckpoint', () => {
  let disk: MemoryDisk;
  const at = (step: number) => `${folder}/step-${String(step).padStart(8, '0')}.safetensors`;

  beforeAll(async () => {
    disk = new MemoryDisk();
    await recordedRun(disk, { stopAfter: 5 });
  });

  const withNewest = (content: Uint8Array) => {
    const other = new MemoryDisk();
    for (const [name, bytes] of disk.files) other.files.set(name, bytes);
    other.files.set(at(5), content);
    return newestCheckpoint(folder, { disk: other });
  };

  it('is the newest one, or the newest up to a step', async () => {
    expect(await newestCheckpoint(folder, { disk })).toMatchObject({ file: at(5), damaged: [] });
    expect(await newestCheckpoint(folder, { disk, newest: 4 })).toMatchObject({ file: at(4) });
  });

  it('is the one before, if the newest is torn at any byte, and the damage is told by name', async () => {
    const whole = disk.files.get(at(5)) ?? new Uint8Array(0);
    for (let length = 0; length < whole.length; length += 7) {
      const found = await withNewest(whole.slice(0, length));
      expect(found.file).toBe(at(4));
      expect(found.damaged).toEqual([expect.stringContaining(at(5))]);
    }
  });

  it('is the one before, if any bit of the newest is flipped', async () => {
    const whole = disk.files.get(at(5)) ?? new Uint8Array(0);
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 8 * whole.length - 1 }), async (bit) => {
        const changed = Uint8Array.from(whole);
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect((await withNewest(changed)).file).toBe(at(4));
      }),
      { numRuns: 500 },
    );
  });

  it('is refused if there is none, or none is whole', async () => {
    await expect(newestCheckpoint(folder, { disk: new MemoryDisk() })).rejects.toThrow('has no checkpoint');
    const torn = new MemoryDisk();
    torn.files.set(at(1), new Uint8Array(10));
    await expect(newestCheckpoint(folder, { disk: torn })).rejects.toThrow(/every checkpoint is damaged; the newest: /);
  });
});

describe('removeTemporaryFiles', () => {
  it('removes what a crash left half written, and nothing else', async () => {
    const disk = new MemoryDisk();
    for (const name of ['step-00000001.safetensors', 'step-00000002.safetensors.0a1b2c3d.tmp', 'ledger.jsonl']) {
      disk.files.set(`${folder}/${name}`, new Uint8Array(1));
    }
    await removeTemporaryFiles(folder, disk);
    expect(await disk.list(folder)).toEqual(['step-00000001.safetensors', 'ledger.jsonl']);
  });
});
