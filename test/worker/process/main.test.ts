// The built command, as a user or a coordinator starts it.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { attached } from '../../../shared/node/parent_process.ts';
import { closeCodes } from '../../../shared/protocol/close_codes.ts';
import { Inbox } from '../session/scripted.ts';
import { CoordinatorStub } from './coordinator_stub.ts';

const entry = fileURLToPath(new URL('../../../dist/worker/process/main.js', import.meta.url));

interface Run {
  readonly child: ChildProcess;
  /** Resolves when the process and every process that holds its output have ended. */
  readonly ended: Promise<{ readonly code: number | null; readonly output: string; readonly errors: string }>;
}

function start(
  commandArguments: readonly string[],
  channel: 'ipc' | 'ignore' = 'ignore',
  environment: Readonly<Record<string, string>> = {},
): Run {
  const child = spawn(process.execPath, [entry, ...commandArguments], {
    stdio: ['ignore', 'pipe', 'pipe', channel],
    env: { ...process.env, NO_COLOR: '1', ...environment },
  });
  let output = '';
  let errors = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, output, errors }));
  return { child, ended };
}

/** An address where nothing listens. */
async function deadUrl(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `ws://127.0.0.1:${port}/`;
}

describe('worker command', () => {
  let stub: CoordinatorStub;
  beforeEach(async () => {
    stub = await CoordinatorStub.start();
  });
  afterEach(() => stub.stop());

  it('joins with as many processes as it is told to, and ends with the run', async () => {
    const { ended } = start([stub.url.origin, '--processes', '2']);
    for (const _ of [1, 2]) {
      const peer = await stub.peers.next();
      const { message } = await peer.messages.next();
      expect(message).toMatchObject({ type: 'hello', kind: 'node' });
      if (message.type === 'hello') expect(Object.keys(message.probes)).toEqual(['portable', 'fused']);
      peer.send({ type: 'finished', reason: 'all epochs done' });
    }
    expect(await ended).toEqual({ code: 0, output: 'the run is finished: all epochs done\n', errors: '' });
  });

  it('presents the token of its command line, hides it there, and warns', async () => {
    const token = 'a-secret-of-24-characters';
    const { child, ended } = start([stub.url.origin, '--processes', '1', '--token', token]);
    const peer = await stub.peers.next();
    const { message } = await peer.messages.next();
    expect(message).toMatchObject({ type: 'hello', token });
    const { stdout: shown } = await promisify(execFile)('ps', ['-o', 'args=', '-p', String(child.pid)]);
    expect(shown).toMatch(/--processes 1 --token \*\*\*/);
    child.kill('SIGTERM');
    expect((await ended).errors).toMatch(/^warning: --token: other users of this machine can see it .*\n$/);
  });

  it('presents the token of a file, without a word about it', async () => {
    const token = 'a-secret-of-24-characters';
    const folder = await mkdtemp(join(tmpdir(), 'gradswarm-token-'));
    await writeFile(join(folder, 'token'), `${token}\n`, { mode: 0o600 });
    const { child, ended } = start([stub.url.origin, '--processes', '1', '--token-file', join(folder, 'token')]);
    const peer = await stub.peers.next();
    expect((await peer.messages.next()).message).toMatchObject({ type: 'hello', token });
    child.kill('SIGTERM');
    expect(await ended).toEqual({ code: 0, output: 'stopped\n', errors: '' });
    await rm(folder, { recursive: true });
  });

  it('warns before its token travels unencrypted to another machine', async () => {
    // Addresses that are nobody's (RFC 5737).
    const far = ['--processes', '1', '--no-retry'];
    const environment = { GRADSWARM_TOKEN: 'a-secret-of-24-characters' };
    const plain = start(['ws://198.51.100.1:9', ...far], 'ignore', environment);
    plain.child.stderr?.once('data', () => plain.child.kill('SIGKILL'));
    expect((await plain.ended).errors).toBe(
      'warning: the token travels to 198.51.100.1 unencrypted: whoever is on the way can read it; wss:// encrypts\n',
    );
  });

  it('ends with one line and a non-zero code when it is refused', async () => {
    const { ended } = start([stub.url.href, '--processes', '2']);
    for (const _ of [1, 2]) {
      const peer = await stub.greeted();
      peer.send({ type: 'refused', reason: 'engine a here, engine b there: install the same version' });
      peer.socket.close(closeCodes.engineMismatch);
    }
    expect(await ended).toEqual({
      code: 1,
      output: '',
      errors: `error: refused by ${stub.url.href}: engine a here, engine b there: install the same version\n`,
    });
  });

  it('says goodbye at SIGTERM and ends', async () => {
    const { child, ended } = start([stub.url.href, '--processes', '2']);
    const peers = [await stub.greeted(), await stub.greeted()];
    child.kill('SIGTERM');
    for (const peer of peers) expect((await peer.messages.next()).message.type).toBe('goodbye');
    expect(await ended).toEqual({ code: 0, output: 'stopped\n', errors: '' });
  });

  it('leaves no process behind when it is killed', async () => {
    const { child, ended } = start([stub.url.href, '--processes', '2']);
    const peers = [await stub.greeted(), await stub.greeted()];
    child.kill('SIGKILL');
    for (const peer of peers) await peer.closed;
    expect((await ended).code).toBe(null);
  });

  it('ends when the process that started it is gone', async () => {
    const { child } = start([stub.url.href, '--processes', '1'], 'ipc', attached);
    const peer = await stub.greeted();
    // Not its 'close' event: Node emits none for a child that was disconnected from.
    const exited = once(child, 'exit');
    child.disconnect();
    await peer.closed;
    expect(await exited).toEqual([0, null]);
  });

  it('ends when the process that started it was gone before it could notice', async () => {
    const { child } = start([stub.url.href, '--processes', '1'], 'ipc', attached);
    const exited = once(child, 'exit');
    child.disconnect();
    expect(await exited).toEqual([0, null]);
  });

  it('names what cannot be reached and why, and ends if it is not to retry', async () => {
    const url = await deadUrl();
    expect(await start([url, '--processes', '2', '--no-retry']).ended).toEqual({
      code: 1,
      output: '',
      errors: `error: gave up on ${url}worker: connection refused: nothing listens there\n`,
    });
  });

  it('retries what cannot be reached, telling so once', async () => {
    const attempts = new Inbox<true>();
    const server = createServer((socket) => {
      socket.destroy();
      attempts.put(true);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { child, ended } = start([`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`, '--processes', '2']);
    for (let attempt = 0; attempt < 6; attempt++) await attempts.next();
    child.kill('SIGTERM');
    const { code, output } = await ended;
    server.close();
    expect(code).toBe(0);
    expect(output).toMatch(/^cannot join ws:.*; retrying in \d\.\d s.*\nstopped\n$/);
  });

  it.each([
    [['nonsense'], /^error: "nonsense" is not a URL: expected one like ws:\/\/192\.168\.1\.5:8080 or .*\n$/],
    [['http://x/#join&token=s3cret'], /^error: the URL holds a token(?!.*s3cret).*\n$/],
    [['ws://x', '--token', ''], /^error: --token: the token is empty: .*\n$/],
    [['ws://x', '--token', 'x'.repeat(1025)], /^error: --token: the token has 1025 characters: at most 1024\n$/],
    [['ws://x', '--processes', '0'], /^error: .*--processes.*expected a whole number from 1 to 1024\n$/],
    [['ws://x', '--retry-for', 'ever'], /^error: .*--retry-for.*expected a number of seconds, 0 or more\n$/],
    [['ws://x', '--nothing'], /^error: unknown option '--nothing'\n$/],
    [[], /^error: missing required argument 'url'\n$/],
  ])('refuses %j with one line and exit code 2', async (commandArguments, expected) => {
    const { code, output, errors } = await start(commandArguments).ended;
    expect({ code, output }).toEqual({ code: 2, output: '' });
    if (typeof expected === 'string') expect(errors).toBe(expected);
    else expect(errors).toMatch(expected);
  });
});
