// What a run leaves behind proves itself, through SIGKILL and resume; what was changed by hand is named.

import { existsSync } from 'node:fs';
import { cp, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { emptyChain, encodeRecord, type LedgerRecord, readLedger } from '../../coordinator/records/ledger.ts';
import { Command, digestIn, endless, run, startCoordinator, startWorker, temporaryFolder } from './processes.ts';
import { Reference } from './reference.ts';

const job = ['mnist-mlp', '--set', 'batchSize=100'];
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

async function damageNewestCheckpoint(folder: string): Promise<void> {
  const checkpoints = (await readdir(folder)).filter((name) => name.endsWith('.safetensors')).sort();
  await truncate(join(folder, checkpoints.at(-1) ?? ''), 1000);
}

async function flipBit(file: string, position: number): Promise<void> {
  const bytes = await readFile(file);
  bytes[position] = (bytes[position] ?? 0) ^ 16;
  await writeFile(file, bytes);
}

describe('a run whose coordinator was killed with SIGKILL and resumed', () => {
  let folder = '';
  /** The last step, and the bits after it. */
  let steps = 0;
  let reference = '';
  let warnings = '';
  let digest = '';

  beforeAll(async () => {
    const temporary = await temporaryFolder();
    folder = join(temporary.path, 'run');
    /** Starts the run, or resumes it, with one worker; `end` ends it when it has done so many steps. */
    const train = async (from: readonly string[], step: number, end: (command: Command) => Promise<void>) => {
      const { command, url, reached } = await startCoordinator(...from, ...saving);
      const worker = startWorker(url);
      await reached(step);
      await end(command);
      await worker.kill();
    };
    const kill = async (command: Command) => {
      command.signal('SIGKILL');
      await command.finished;
    };
    await train([...job, ...endless, '--run', folder], 45, kill);
    await train(['--resume', folder], 75, kill);
    await damageNewestCheckpoint(folder);
    await train(['--resume', folder], 120, async (command) => {
      const stopped = await command.stop();
      steps = stopped.step;
      warnings = stopped.errors;
      digest = digestIn(await run('evaluate', stopped.checkpoint));
    });
    reference = (await new Reference(job).digests(steps)).at(-1) ?? '';
    return () => temporary[Symbol.asyncDispose]();
  });

  it('goes on from the newest checkpoint that is whole, names the one that is not, and ends with the same bits', () => {
    expect(warnings).toMatch(/warning: checkpoint .*step-\d+\.safetensors: .*; continuing from .*step-/);
    expect(digest).toBe(reference);
  });

  it('is confirmed by replay, whole and in parts', async () => {
    const whole = await run('replay', folder);
    expect(whole.output).toMatch(new RegExp(`agrees: all ${steps} steps from 1 to ${steps} .*SHA-256 ${reference}$`));
    expect(whole.code).toBe(0);
    const runs = await run('runs', folder);
    expect(runs.output).toContain(`${reference.slice(0, 8)} ✓`);
    const part = await run('replay', folder, '--from', '50', '--to', '70');
    expect(part.output).toMatch(/agrees: all 30 steps from 41 to 70/);
  });

  const changed = async (change: (copy: string) => Promise<void>) => {
    await using temporary = await temporaryFolder();
    const copy = join(temporary.path, 'copy');
    await cp(folder, copy, { recursive: true });
    await change(copy);
    return { ...(await run('replay', copy)), isMarked: existsSync(join(copy, 'replay.json')) };
  };

  it('is refuted where a line of its ledger was changed, even if all lines after it were made to fit', async () => {
    const { code, output, isMarked } = await changed(async (copy) => {
      await writeFile(join(copy, 'replay.json'), 'of an earlier replay');
      await changeLedger(copy, (record) =>
        record.type === 'step' && record.step === 57 ? { ...record, loss: 0.25 } : record,
      );
    });
    expect(isMarked).toBe(false);
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
    [['--from', '9', '--to', '9'], () => '--from must be before --to'],
    [['--to', '999999999'], () => `the ledger has steps 1 to ${steps}`],
  ])('is not replayed for steps %s', async (flags, reason) => {
    const { code, errors } = await run('replay', folder, ...flags);
    expect(errors).toContain(reason());
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
