// What a run leaves behind proves itself, through SIGKILL and resume; what was changed by hand is named.

import { cp, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { emptyChain, encodeRecord, type LedgerRecord, readLedger } from '../../coordinator/records/ledger.ts';
import { Command, digestIn, run, startCoordinator, startWorker, temporaryFolder } from './processes.ts';

const job = ['mnist-mlp', '--set', 'steps=120', '--set', 'batchSize=100'];
const saving = ['--checkpoint-steps', '20', '--keep', '100'];

const checkpointAt = (folder: string, step: number) =>
  join(folder, `step-${String(step).padStart(8, '0')}.safetensors`);

async function changeLedger(folder: string, change: (record: LedgerRecord) => LedgerRecord): Promise<void> {
  const file = join(folder, 'ledger.jsonl');
  let chain = emptyChain;
  const lines: string[] = [];
  for (const record of readLedger(await readFile(file)).records) {
    const encoded = encodeRecord(change(record), chain);
    chain = encoded.chain;
    lines.push(encoded.line);
  }
  await writeFile(file, `${lines.join('\n')}\n`);
}

async function flipBit(file: string, position: number): Promise<void> {
  const bytes = await readFile(file);
  bytes[position] = (bytes[position] ?? 0) ^ 16;
  await writeFile(file, bytes);
}

describe('a run whose coordinator was killed with SIGKILL and resumed', () => {
  let folder = '';
  let reference = '';

  beforeAll(async () => {
    const temporary = await temporaryFolder();
    folder = join(temporary.path, 'run');
    reference = digestIn(await run('train', ...job, '--in-process', '--run', join(temporary.path, 'undisturbed')));
    for (const [index, step] of [35, 75].entries()) {
      const from = index === 0 ? [...job, '--run', folder] : ['--resume', folder];
      const { command, url, reached } = await startCoordinator(...from, ...saving);
      const worker = startWorker(url);
      await reached(step);
      command.signal('SIGKILL');
      await worker.kill();
      await command.finished;
    }
    return () => temporary[Symbol.asyncDispose]();
  });

  it('goes on from the newest checkpoint that is whole, names the one that is not, and ends with the same bits', async () => {
    const newest =
      (await readdir(folder))
        .filter((name) => name.endsWith('.safetensors'))
        .sort()
        .at(-1) ?? '';
    await truncate(join(folder, newest), 1000);
    const finished = await run('train', '--resume', folder, '--in-process', ...saving);
    expect(finished.errors).toMatch(new RegExp(`warning: checkpoint .*${newest}: .*; going on from .*step-`));
    expect(digestIn(finished)).toBe(reference);
  });

  it('is confirmed by replay, whole and in parts', async () => {
    const whole = await run('replay', folder);
    expect(whole.output).toMatch(new RegExp(`agrees: all 120 steps from 1 to 120 .*SHA-256 ${reference}$`));
    expect(whole.code).toBe(0);
    const part = await run('replay', folder, '--from', '50', '--to', '70');
    expect(part.output).toMatch(/agrees: all 30 steps from 41 to 70/);
  });

  const changed = async (change: (copy: string) => Promise<void>) => {
    await using temporary = await temporaryFolder();
    const copy = join(temporary.path, 'copy');
    await cp(folder, copy, { recursive: true });
    await change(copy);
    return await run('replay', copy);
  };

  it('is refuted where a line of its ledger was changed, even if all lines after it were made to fit', async () => {
    const { code, output } = await changed((copy) =>
      changeLedger(copy, (record) =>
        record.type === 'step' && record.step === 57 ? { ...record, loss: 0.25 } : record,
      ),
    );
    expect(output).toMatch(/differs at step 57: the ledger states a loss of 0.25, recomputed /);
    expect(code).toBe(1);
  });

  it('is refuted where a worker was named that gave nothing', async () => {
    const { code, output } = await changed(async (copy) => {
      const file = join(copy, 'ledger.jsonl');
      const text = await readFile(file, 'utf8');
      const line = text.split('\n').findIndex((each) => each.includes('"step":30,'));
      const lines = text.split('\n');
      lines[line] = (lines[line] ?? '').replace(/\["[0-9a-z-]+"/, '["someone"');
      await writeFile(file, lines.join('\n'));
    });
    expect(output).toMatch(/line \d+ \(step 30\): it was changed/);
    expect(code).toBe(1);
  });

  it('is refuted where a checkpoint was changed', async () => {
    const { code, output } = await changed((copy) => flipBit(checkpointAt(copy, 40), 20_000));
    expect(output).toMatch(/differs at step 40: checkpoint .*step-00000040.safetensors: damaged/);
    expect(code).toBe(1);
  });

  it.each([
    [['--from', '9', '--to', '9'], /--from must be before --to/],
    [['--to', '1000'], /the ledger has steps 1 to 120/],
  ])('is not replayed for steps %s', async (flags, reason) => {
    const { code, errors } = await run('replay', folder, ...flags);
    expect(errors).toMatch(reason);
    expect(errors.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(1);
  });

  it('is not gone on with if its ledger was changed', async () => {
    await using temporary = await temporaryFolder();
    const copy = join(temporary.path, 'copy');
    await cp(folder, copy, { recursive: true });
    await flipBit(join(copy, 'ledger.jsonl'), 3000);
    const { code, errors } = await new Command(['train', '--resume', copy, '--in-process']).finished;
    expect(errors).toMatch(/^error: ledger .*, line \d+: /);
    expect(code).toBe(1);
  });
});
