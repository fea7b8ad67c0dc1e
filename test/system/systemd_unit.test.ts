// README's unit for systemd: what systemd itself thinks of it, and what its command does each time it is started.

import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkpointSteps } from '../../coordinator/records/run_folder.ts';
import { readmeBlock } from '../readme.ts';
import { Command, commandLine, endless, temporaryFolder } from './processes.ts';
import { digestsOf, Reference } from './reference.ts';

const unit = readmeBlock(/^\[Service\]$/m);
const installed = '/usr/local/bin/gradswarm';

interface Analysis {
  readonly code: number;
  readonly output: string;
}

/** Runs systemd-analyze on the unit, with the program where it is here. */
async function analyze(...flags: readonly string[]): Promise<Analysis> {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'gradswarm.service');
  await writeFile(file, unit.replace(installed, `${process.execPath} ${commandLine}`));
  return await new Promise((resolve, reject) => {
    execFile('systemd-analyze', [...flags, file], (error, output, errors) => {
      if (error?.code === 'ENOENT') reject(new Error('systemd-analyze is missing: install Debian’s package systemd'));
      else resolve({ code: error === null ? 0 : Number(error.code), output: `${output}${errors}` });
    });
  });
}

/** The arguments of the unit's command, without those of the network, which a test must not have. */
function argumentsOfUnit(directories: Readonly<Record<string, string>>): readonly string[] {
  const [, text = ''] = /^ExecStart=\S+ ((?:.*\\\n)*.*)$/m.exec(unit) ?? [];
  const words = text.replaceAll('\\\n', ' ').trim().split(/\s+/);
  return words.map((word) => word.replace(/\$\{(\w+)\}/, (_, name: string) => directories[name] ?? ''));
}

describe('README’s unit for systemd', () => {
  it('is one that systemd accepts without a word', async () => {
    expect(await analyze('verify')).toEqual({ code: 0, output: '' });
  });

  it('leaves the service little to break out with, as systemd counts it', async () => {
    const { code, output } = await analyze('security', '--offline=true', '--threshold=20');
    expect(output).toMatch(/Overall exposure level for gradswarm\.service: 1\.\d OK/);
    expect(code).toBe(0);
  });

  it('has a command that begins a run, and goes on with it when it is started again', async () => {
    await using folder = await temporaryFolder();
    const directories = { STATE_DIRECTORY: folder.path, CREDENTIALS_DIRECTORY: folder.path };
    await writeFile(join(folder.path, 'token'), 'a-secret-of-24-characters\n', { mode: 0o400 });
    const given = argumentsOfUnit(directories);
    expect(given.slice(0, 2)).toEqual(['train', 'mnist-mlp']);
    // Any port of this machine alone instead of the unit's; the last one counts.
    const here = ['--host', '127.0.0.1', '--port', '0', '--workers', '1', '--checkpoint-steps', '10'];
    const start = () => new Command([...given, ...here, ...endless]);
    const run = join(folder.path, 'mnist-mlp');

    const first = start();
    await first.match(/listening on/);
    while ((await checkpointSteps(run)).length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    first.signal('SIGKILL');
    await first.finished;
    const stopped = await stopBehind(run, start());
    expect(stopped.errors).toBe('');
    const reference = await new Reference(['mnist-mlp']).digests(stopped.step);
    expect((await digestsOf(run)).at(-1)).toBe(reference.at(-1));
  });
});

/** Stops a run when it has a checkpoint behind the newest one that it had before. */
async function stopBehind(folder: string, command: Command) {
  const [before = 0] = await checkpointSteps(folder);
  await command.match(/listening on/);
  for (let [newest = 0] = [before]; newest <= before; [newest = 0] = await checkpointSteps(folder)) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return command.stop();
}
