// A run that is stopped and resumed by the command that it prints: its workers wait for it, and are there again.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../coordinator/records/run_folder.ts';
import { lockFile } from '../../coordinator/records/run_lock.ts';
import { Command, endless, startCoordinator, temporaryFolder } from './processes.ts';
import { TerminalWindow } from './pseudo_terminal.ts';
import { stepsOf } from './reference.ts';

describe('a run that was stopped', () => {
  it('has its workers again once it is resumed as it said', async () => {
    await using folder = await temporaryFolder();
    const { command, url } = await startCoordinator('mnist-mlp', ...endless, '--run', join(folder.path, 'run'));
    const worker = new Command(['worker', url, '--processes', '1']);
    await worker.match(/^connected to /);
    const { output } = await command.stop();
    await worker.match(/the run was stopped and will go on; waiting for it$/);
    const [, resume = ''] = /^resume with: .*(train --resume .*)$/m.exec(output) ?? [];
    expect(resume).toMatch(new RegExp(`^train --resume \\S+ --port ${new URL(url).port} --workers 0$`));
    const resumed = new Command(resume.split(' '));
    await worker.matches(/^connected to /, 2);
    resumed.signal('SIGINT');
    await worker.matches(/the run was stopped and will go on; waiting for it$/, 2);
    worker.signal('SIGINT');
    const ended = await worker.finished;
    expect(ended).toMatchObject({ code: 0, errors: '' });
    expect(ended.output.split('\n')).toHaveLength(5);
  });
  it('keeps what it has done when its terminal is closed', async () => {
    await using temporary = await temporaryFolder();
    const folder = join(temporary.path, 'run');
    const flags = [...endless, '--workers', '1', '--checkpoint-seconds', '86400', '--run', folder];
    await using window = await TerminalWindow.open(['train', 'iris', ...flags], { columns: 80, rows: 24 });
    await window.until((lines) => lines.find((line) => /^epoch \d/.test(line)));
    await window.close();
    while (existsSync(lockFile(folder))) await wait(20);
    const { checkpoint } = await openCheckpoint(folder);
    expect(checkpoint.step).toBe((await stepsOf(folder)).length);
  });
});
