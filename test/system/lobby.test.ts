// A run from its lobby to what stays of it, as whoever runs it sees it and as others may: who starts it, who only helps.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { derivedToken } from '../../coordinator/connections/access.ts';
import { Command, run, startCoordinator, temporaryFolder } from './processes.ts';
import { TerminalWindow } from './pseudo_terminal.ts';

const secret = 'a-secret-of-24-characters';
const short = ['iris', '--epochs', '2'];
const wide = { columns: 200, rows: 50 };

interface Asking {
  readonly method?: string;
  readonly token?: string;
  readonly origin?: string;
}

/** The status of an answer, and its first line. */
async function ask(url: string, path: string, { method = 'GET', token, origin }: Asking = {}): Promise<string> {
  const headers: Record<string, string> = {};
  if (token !== undefined) headers.authorization = `Bearer ${token}`;
  if (origin !== undefined) headers.origin = origin;
  const response = await fetch(new URL(path, url.replace(/^ws/, 'http')), { method, headers });
  return `${response.status} ${(await response.text()).split('\n')[0]}`.trim();
}

const start = (url: string, asking: Asking = {}) => ask(url, '/start', { method: 'POST', ...asking });

describe('a run in its lobby', () => {
  it('is started by this machine, once, where nobody is asked for a token, and by no page of another site', async () => {
    await using folder = await temporaryFolder();
    const { command, url } = await startCoordinator(...short, '--lobby', '--run', join(folder.path, 'run'));
    expect(await ask(url, '/start')).toMatch(/^405 /);
    expect(await start(url, { origin: 'http://elsewhere.example' })).toMatch(/^403 /);
    expect(command.lines).not.toContainEqual(expect.stringMatching(/^begun/));
    expect(await start(url)).toBe('204');
    expect(await start(url)).toBe('409 the run has begun already');
    await command.match(/^begun, with 0 workers$/);
    const worker = new Command(['worker', url, '--processes', '1']);
    expect((await command.finished).code).toBe(0);
    expect((await worker.finished).code).toBe(0);
  });

  it('is started by whoever has its token, not by those who were given one to watch or to help', async () => {
    await using folder = await temporaryFolder();
    const token = join(folder.path, 'token');
    await writeFile(token, secret, { mode: 0o600 });
    const flags = ['--lobby', '--token-file', token, '--run', join(folder.path, 'run')];
    const { command, url } = await startCoordinator(...short, ...flags);
    expect(await start(url)).toMatch(/^401 /);
    for (const role of ['watcher', 'worker'] as const) {
      expect(await start(url, { token: derivedToken(secret, role) })).toMatch(/^403 /);
    }
    expect(await start(url, { token: secret })).toBe('204');
    await command.match(/^begun/);
    await command.stop();
  });

  it('begins by itself when as many have come as it waits for', async () => {
    await using folder = await temporaryFolder();
    const { command, url } = await startCoordinator(...short, '--wait-for', '2', '--run', join(folder.path, 'run'));
    const first = new Command(['worker', url, '--processes', '1', '--name', 'Ada']);
    await command.match(/joined .*1 worker$/);
    const second = new Command(['worker', url, '--processes', '1', '--name', 'Blaise']);
    await command.match(/^begun, with 2 workers$/);
    expect((await command.finished).code).toBe(0);
    for (const worker of [first, second]) expect((await worker.finished).code).toBe(0);
  });
});

describe('a lesson on a terminal', () => {
  it('hands out links, is begun by Enter, stays with its model after the end, and ends by Ctrl-C', async () => {
    await using folder = await temporaryFolder();
    const token = join(folder.path, 'token');
    await writeFile(token, secret, { mode: 0o600 });
    const flags = ['--lobby', '--token-file', token, '--run', join(folder.path, 'run')];
    await using window = await TerminalWindow.open(['train', ...short, ...flags], wide);
    const find = (pattern: RegExp) =>
      window.until((lines) => lines.map((line) => pattern.exec(line)?.[1]).find((found) => found !== undefined));
    const watcher = await find(/^to watch it, open \S+#token=(\S+)$/);
    const [page, helper = ''] = (await find(/^to watch and help, open (\S+)$/)).split('#join&token=');
    const url = page ?? '';
    await find(/^(in the lobby: .* or Enter here starts the run)$/);
    const environment = { GRADSWARM_TOKEN: helper };
    const worker = new Command(['worker', url.replace(/^http/, 'ws'), '--processes', '1'], { environment });
    await find(/(1 worker)$/);
    await window.press('Enter');
    await find(/^(begun, with)/);
    await find(/^(the page stays at .* until Ctrl-C)/);
    expect((await worker.finished).code).toBe(0);
    expect(await ask(url, '/parameters', { token: watcher })).toMatch(/^200 /);
    expect(await ask(url, '/parameters')).toMatch(/^401 /);
    await window.press('C-c');
    expect(await window.ended()).toBe(0);
  });

  it('ends with the run if it is told so', async () => {
    await using folder = await temporaryFolder();
    const flags = ['--exit', '--workers', '1', '--run', join(folder.path, 'run')];
    await using window = await TerminalWindow.open(['train', ...short, ...flags], wide);
    expect(await window.ended()).toBe(0);
    expect((await window.lines()).join('\n')).not.toContain('the page stays');
  });
});

describe('gradswarm serve', () => {
  it('shows a run that is over, and one that rests, with its model, and begins nothing', async () => {
    await using folder = await temporaryFolder();
    const [over, resting] = [join(folder.path, 'over'), join(folder.path, 'resting')];
    await run('train', ...short, '--in-process', '--run', over);
    const { command } = await startCoordinator(...short, '--run', resting);
    await command.stop();
    for (const [path, state] of [
      [over, /^iris, finished: /],
      [resting, /^iris, as of step \d+ of \d+: /],
    ] as const) {
      const served = new Command(['serve', path]);
      await served.match(state);
      const [, url = ''] = await served.match(/^the page is at (\S+)$/);
      expect(await ask(url, '/')).toMatch(/^200 <!doctype html>/i);
      expect(await ask(url, '/parameters')).toMatch(/^200 /);
      expect(await start(url)).toMatch(/^409 /);
      served.signal('SIGINT');
      expect(await served.finished).toMatchObject({ code: 0, errors: '' });
    }
  });
});
