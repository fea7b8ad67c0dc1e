import { describe, expect, it } from 'vitest';
import { readLedger } from '../../../coordinator/records/ledger.ts';
import { LedgerWriter } from '../../../coordinator/records/ledger_writer.ts';
import { ScriptedClock } from '../../worker/session/scripted.ts';
import { MemoryDisk } from './memory_disk.ts';

const file = 'run/ledger.jsonl';

async function createWriter() {
  const disk = new MemoryDisk();
  const clock = new ScriptedClock();
  const troubles: string[] = [];
  const options = { file, disk, clock, onTrouble: (line: string) => troubles.push(line) };
  return { disk, clock, troubles, options, writer: await LedgerWriter.create(options) };
}

const stepsIn = (disk: MemoryDisk) =>
  readLedger(disk.files.get(file) ?? new Uint8Array(0)).records.map((record) => ('step' in record ? record.step : 0));
const resumed = (step: number) => ({ type: 'resumed', step }) as const;

describe('LedgerWriter', () => {
  it('gathers lines and writes them together after a moment', async () => {
    const { writer, disk, clock } = await createWriter();
    for (let step = 1; step <= 5; step++) writer.add(resumed(step));
    expect(stepsIn(disk)).toEqual([]);
    clock.advance(250);
    await writer.flush();
    expect(stepsIn(disk)).toEqual([1, 2, 3, 4, 5]);
    expect(disk.log.filter((entry) => entry.startsWith('append'))).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  it('makes durable what was added before it was asked to, while more is added', async () => {
    const { writer, disk } = await createWriter();
    writer.add(resumed(1));
    const synced = writer.sync();
    writer.add(resumed(2));
    await synced;
    expect(stepsIn(disk)).toContain(1);
    expect(disk.log.at(-1)).toBe(`sync ${file}`);
  });

  it('keeps what does not fit on a full disk, whole, until there is room', async () => {
    const { writer, disk, troubles } = await createWriter();
    writer.add(resumed(1));
    await writer.flush();
    disk.capacity = (disk.files.get(file)?.length ?? 0) + 20;
    writer.add(resumed(2));
    await writer.flush();
    await expect(writer.sync()).rejects.toThrow('the ledger cannot be written');
    expect(stepsIn(disk)).toEqual([1]);
    disk.capacity = Number.POSITIVE_INFINITY;
    writer.add(resumed(3));
    await writer.sync();
    expect(stepsIn(disk)).toEqual([1, 2, 3]);
    expect(readLedger(disk.files.get(file) ?? new Uint8Array(0)).broken).toBeUndefined();
    expect(troubles).toEqual([
      `ledger ${file} could not be written (ENOSPC); training goes on`,
      `ledger ${file} can be written again`,
    ]);
  });

  it('goes on behind the last whole line', async () => {
    const { writer, disk, options } = await createWriter();
    writer.add(resumed(1));
    await writer.flush();
    await disk.append(file, new TextEncoder().encode('{"type":"resu'));
    const again = await LedgerWriter.resume(options);
    expect(again.records).toHaveLength(1);
    again.writer.add(resumed(2));
    await again.writer.flush();
    expect(stepsIn(disk)).toEqual([1, 2]);
  });

  it('refuses to go on with a ledger that was changed, naming the line', async () => {
    const { writer, disk, options } = await createWriter();
    for (const step of [1, 2]) writer.add(resumed(step));
    await writer.flush();
    const text = new TextDecoder().decode(disk.files.get(file)).replace('"step":1', '"step":3');
    disk.files.set(file, new TextEncoder().encode(text));
    await expect(LedgerWriter.resume(options)).rejects.toThrow(`ledger ${file}, line 1: it was changed`);
  });
});
