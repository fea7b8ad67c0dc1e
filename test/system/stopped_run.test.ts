// A run that is stopped and resumed by the command that it prints: its workers wait for it, and are there again.

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Command, endless, startCoordinator, temporaryFolder } from './processes.ts';

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
    // A terminal's Ctrl-C reaches the process that computes, too; one signal to this one is passed on if it is no Ctrl-C.
    worker.signal('SIGTERM');
    const ended = await worker.finished;
    expect(ended).toMatchObject({ code: 0, errors: '' });
    expect(ended.output.split('\n')).toHaveLength(5);
  });
});
