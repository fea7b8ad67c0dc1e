// The one port with TLS: what it answers to whom, with which certificate, and whom a worker trusts.

import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CoordinatorServer } from '../../../coordinator/web/server.ts';
import { connectTo } from '../../../worker/process/node_connection.ts';
import { type CertificateFiles, makeCertificate } from '../../certificates.ts';
import { Inbox } from '../../worker/session/scripted.ts';
import { ask, openServer, parseAnswer, read } from './open_server.ts';

const never = new AbortController().signal;
const handlers = {
  onFrame: () => undefined,
  onFrameStart: () => undefined,
  onFramePiece: () => undefined,
  onRefused: () => undefined,
  onClosed: () => undefined,
};

describe('a port with TLS', () => {
  let folder = '';
  let files: CertificateFiles;
  let server: CoordinatorServer;
  const troubles = new Inbox<string>();
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gradswarm-tls-'));
    files = makeCertificate({ folder });
    server = await openServer({ tls: files, onTrouble: (line) => troubles.put(line) });
  });
  afterEach(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });

  const joinAsWorker = (file?: string, host = '127.0.0.1') =>
    connectTo(new URL(`wss://${host}:${server.port}/worker`), file)(handlers, never);

  it('answers over TLS 1.2 and 1.3, and not over older ones', async () => {
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      expect((await handshake({ minVersion: version, maxVersion: version })).version).toBe(version);
    }
    await expect(
      handshake({ minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0' }),
    ).rejects.toThrow();
    expect(await statusOf('/nothing')).toBe(404);
  });

  it('tells whoever speaks plain HTTP that it speaks TLS', async () => {
    const answer = await ask(server.port, '/');
    expect(answer.status).toBe(426);
    expect(answer.body).toBe('TLS is spoken here: https:// or wss://\n');
    await expect(connectTo(new URL(`ws://127.0.0.1:${server.port}/worker`))(handlers, never)).rejects.toThrow(
      'it speaks TLS there: write wss:// instead of ws://',
    );
  });

  it('outlives whoever breaks off, or says nonsense, in the middle of a handshake', async () => {
    for (const bytes of [Buffer.of(22), Buffer.from([22, 3, 1, 0, 4, 1, 2, 3, 4]), Buffer.of(22, 255, 255, 255, 255)]) {
      const socket = connect(server.port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.end(bytes);
      await read(socket);
    }
    expect(parseAnswer(await sayOverTls('GET // HTTP/1.1\r\nHost: a\r\n\r\n')).status).toBe(421);
    expect(await statusOf('/nothing')).toBe(404);
  });

  it('gives up a request that never comes whole', async () => {
    await server.close();
    server = await openServer({ tls: files, limits: { requestSeconds: 1 } });
    expect(parseAnswer(await sayOverTls('GET / HTTP/1.1\r\n')).status).toBe(408);
  });

  it('shows a new certificate when its files have changed', async () => {
    const next = makeCertificate({ folder, file: 'next' });
    copyFileSync(next.key, files.key);
    copyFileSync(next.certificate, files.certificate);
    expect(await troubles.next()).toMatch(/^the TLS certificate was read again: it is valid until \d{4}-\d\d-\d\d$/);
    expect((await handshake({})).name).toBe('next');
  });

  it('is joined by workers that know its certificate or its authority, and by no others', async () => {
    // That the run is still starting is what they are told by somebody whom they trust.
    const starting = /HTTP status 503/;
    await expect(joinAsWorker(files.certificate)).rejects.toThrow(starting);
    await expect(joinAsWorker()).rejects.toThrow(/signed by nobody whom this machine trusts; .* --ca FILE$/);
    const stranger = makeCertificate({ folder, file: 'stranger' });
    await expect(joinAsWorker(stranger.certificate)).rejects.toThrow(/signed by nobody whom this machine trusts/);
    await expect(joinAsWorker(join(folder, 'none'))).rejects.toThrow(/none: no such file/);
  });

  async function handshake(options: ConnectionOptions) {
    const socket = connectTls({ port: server.port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
    await new Promise((resolve, reject) => {
      socket.once('secureConnect', resolve);
      socket.once('error', reject);
    });
    const shown = { version: socket.getProtocol(), name: socket.getPeerCertificate().subject.CN };
    socket.destroy();
    return shown;
  }

  async function sayOverTls(text: string): Promise<string> {
    const socket = connectTls({ port: server.port, host: '127.0.0.1', rejectUnauthorized: false });
    socket.on('error', () => undefined);
    socket.write(text);
    return read(socket);
  }

  function statusOf(path: string): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      const { port } = server;
      const asked = request({ host: '127.0.0.1', port, path, rejectUnauthorized: false, agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      asked.once('error', reject);
      asked.end();
    });
  }
});
