import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tokenFrom } from '../../../shared/node/token_flags.ts';

const secret = 'a-secret-of-some-length';

describe('the token', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'gradswarm-token-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  function file(content: string | Uint8Array, mode = 0o600): string {
    const path = join(folder, 'token');
    writeFileSync(path, content);
    chmodSync(path, mode);
    return path;
  }

  function tokenAndWarnings(
    flags: { readonly token?: string; readonly tokenFile?: string },
    inherited?: string,
  ): { readonly token: string | undefined; readonly warnings: readonly string[] } {
    const warnings: string[] = [];
    const token = tokenFrom(flags, inherited, (line) => warnings.push(line));
    return { token, warnings };
  }

  it('comes from a flag, else from the environment, else there is none', () => {
    const inherited = 'one-from-the-environment';
    expect(tokenAndWarnings({}).token).toBeUndefined();
    expect(tokenAndWarnings({}, inherited)).toEqual({ token: inherited, warnings: [] });
    expect(tokenAndWarnings({ token: secret }, inherited).token).toBe(secret);
    expect(tokenAndWarnings({ tokenFile: file(secret) }, inherited).token).toBe(secret);
  });

  it('is warned about on the command line, where other users see it', () => {
    expect(tokenAndWarnings({ token: secret }).warnings).toEqual([
      '--token: other users of this machine can see it in the list of processes; prefer --token-file',
    ]);
  });

  it.each(['', '\n', '\r\n'])('is the one line of a file, whether or not the line ends (%j)', (end) => {
    expect(tokenAndWarnings({ tokenFile: file(`${secret}${end}`) })).toEqual({ token: secret, warnings: [] });
  });

  it.each([
    [0o644, 'read'],
    [0o666, 'change'],
  ])('is warned about in a file of mode %o, which every user can %s', (mode, what) => {
    const path = file(secret, mode);
    expect(tokenAndWarnings({ tokenFile: path })).toEqual({
      token: secret,
      warnings: [`--token-file ${path}: every user of this machine can ${what} it; chmod 600 ${path} mends that`],
    });
  });

  it.each([
    ['two lines', `${secret}\nmore\n`, /token: expected one line$/],
    ['nothing', '', /token: the token is empty: /],
    ['an empty line', '\n', /token: the token is empty: /],
    ['too much', Buffer.alloc(1 << 20, 'x'), /token: the token has \d+ characters: at most 1024$/],
  ])('is refused from a file of %s', (_, content, expected) => {
    expect(() => tokenAndWarnings({ tokenFile: file(content) })).toThrow(expected);
  });

  it('is refused from a file that is not there, or a folder', () => {
    const missing = join(folder, 'missing');
    expect(() => tokenAndWarnings({ tokenFile: missing })).toThrow(`--token-file ${missing}: no such file`);
    expect(() => tokenAndWarnings({ tokenFile: folder })).toThrow(`--token-file ${folder}: cannot be read (EISDIR)`);
  });

  it('is refused where it is bad, by an error that names its source and does not repeat it', () => {
    expect(() => tokenAndWarnings({ token: '' })).toThrow(/^--token: the token is empty: /);
    expect(() => tokenAndWarnings({}, 'hunter2')).toThrow(
      /^GRADSWARM_TOKEN: the token has 7 characters: at least 16, (?!.*hunter2)/,
    );
    expect(() => tokenAndWarnings({ token: 'x'.repeat(1025) })).toThrow(
      '--token: the token has 1025 characters: at most 1024',
    );
  });

  it('cannot come from two flags', () => {
    expect(() => tokenAndWarnings({ token: secret, tokenFile: file(secret) })).toThrow(
      '--token and --token-file: give one of them',
    );
  });
});
