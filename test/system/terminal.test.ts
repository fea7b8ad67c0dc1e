// What a person sees of a run, on real terminals of several widths, and what a machine reads.

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { widthOf } from '../../coordinator/command_line/wrapping.ts';
import { run, temporaryFolder } from './processes.ts';
import { TerminalWindow, writtenToTerminal } from './pseudo_terminal.ts';

const escapeCode = '\u001b';
const steps = 4_000_000_000;

/** A run without an end whose epochs are short: an epoch's line comes every few steps. */
const endless = ['mnist-mlp', '--set', 'schedule={"kind":"constant"}', '--set', `steps=${steps}`];
const small = ['--set', 'model.layers=[{"type":"flatten"},{"type":"dense","units":10}]'];
const paced = ['--workers', '1', '--set', 'batchSize=5000', '--set', 'microbatchSize=1250', ...small];

/** The lines that the status was drawn on: one, if none was left behind. */
const statusesIn = (lines: readonly string[]) => lines.filter((line) => line.includes(`/${steps}`));

describe('a run on a terminal', () => {
  it('says everything at every width, is drawn anew when that changes, and leaves no line behind', async () => {
    await using folder = await temporaryFolder();
    const flags = [...endless, ...paced, '--run', join(folder.path, 'run')];
    await using window = await TerminalWindow.open(['train', ...flags], { columns: 120, rows: 50 });
    let epoch = 0;
    for (const [columns, parts] of [
      [120, [/epoch \d+\/\d+/, /step \d+/, /loss \d/, /accuracy \d/, /\d samples\/s/, /1 worker$/]],
      [80, [/^step \d+/, /loss \d/, /\d samples\/s/, /1 worker$/]],
      [40, [/^step \d+/, /loss \d/]],
    ] as const) {
      await window.resize({ columns, rows: 50 });
      // Two whole epochs at this width: whatever was printed before the change is over by the second.
      const before = await window.until((lines) => epochsIn(lines).at(-1));
      epoch = await window.until((lines) => epochsIn(lines).find((number) => number >= before + 2));
      const lines = await window.lines();
      const [status = '', ...others] = statusesIn(lines);
      expect(others).toEqual([]);
      for (const part of parts) expect(status).toMatch(part);
      expect(widthOf(status)).toBeLessThan(columns);
      expect(verdictOf(lines, epoch)).toMatch(/ test loss \d.* [\d,]+ samples\/s +[a-z].*\)$/);
    }
    await window.resize({ columns: 120, rows: 50 });
    const port = await window.until((lines) => /listening on ws:\/\/127\.0\.0\.1:(\d+)$/m.exec(lines.join('\n'))?.[1]);
    expect((await fetch(`http://127.0.0.1:${port}/status`)).status).toBe(200);
    await window.press('C-c');
    const last = await window.until((lines) => (/^resume with: /m.test(lines.join('\n')) ? lines : undefined));
    expect(last.join('\n')).toMatch(/^stopped after step \d+ of \d+; checkpoint /m);
    expect(statusesIn(last)).toEqual([]);
  });

  it('has colours, unless NO_COLOR is set', async () => {
    await using folder = await temporaryFolder();
    const flags = (name: string) => ['train', ...short, '--run', join(folder.path, name)];
    expect(writtenToTerminal(flags('one'), 80, { TERM: 'xterm' })).toContain(`${escapeCode}[1mepoch 1`);
    const plain = writtenToTerminal(flags('two'), 80, { TERM: 'xterm', NO_COLOR: '1' });
    expect(plain).toMatch(/epoch 1 /);
    expect(plain.split(escapeCode).filter((text) => /^\[\d*m/.test(text))).toEqual([]);
  });

  it('prints whole words and nothing else where the terminal can only print', async () => {
    await using folder = await temporaryFolder();
    const flags = ['train', ...short, '--run', join(folder.path, 'run')];
    const written = writtenToTerminal(flags, 40, { TERM: 'dumb' });
    expect(written).not.toContain(escapeCode);
    const [, epoch = ''] = /^(epoch 2 .*?)^trained in/ms.exec(written.replaceAll('\r', '')) ?? [];
    expect(epoch.trimEnd().split('\n').length).toBeGreaterThan(2);
    for (const line of epoch.split('\n')) expect(line.length).toBeLessThanOrEqual(40);
  });
});

describe('a run whose output is piped', () => {
  it('prints a line for each epoch, as long as it is, without colours', async () => {
    await using folder = await temporaryFolder();
    const { output } = await run('train', ...short, '--run', join(folder.path, 'run'));
    expect(output).not.toContain(escapeCode);
    expect(output).toMatch(/^epoch 2 {2}training loss .* accuracy .* test loss .* samples\/s {2}[a-z].*$/m);
  });
});

const short = ['iris', '--in-process', '--epochs', '2'];

/** The epochs whose lines are there. */
function epochsIn(lines: readonly string[]): readonly number[] {
  return lines.flatMap((line) => /^epoch (\d+) /.exec(line)?.[1] ?? []).map(Number);
}

/** The line of an epoch, put together again. */
function verdictOf(lines: readonly string[], epoch: number): string {
  const first = lines.findIndex((line) => line.startsWith(`epoch ${epoch} `));
  const next = lines.findIndex((line, index) => index > first && !line.startsWith('  '));
  return lines
    .slice(first, next)
    .map((line) => line.replace(/^ {2}/, ''))
    .join(' ');
}
