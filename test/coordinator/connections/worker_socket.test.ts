import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { Limits } from '../../../coordinator/connections/limits.ts';
import type { OpenSocket } from '../../../coordinator/connections/worker_socket.ts';
import type { CoordinatorServer } from '../../../coordinator/web/server.ts';
import { closeCodes } from '../../../shared/protocol/close_codes.ts';
import type { Connection } from '../../../shared/protocol/connection.ts';
import { makeCertificate } from '../../certificates.ts';
import { patternBytes, sameBytes } from '../../shared/protocol/samples.ts';
import { Inbox } from '../../worker/session/scripted.ts';
import { openServer } from '../web/open_server.ts';

interface Accepted {
  readonly connection: Connection;
  readonly address: string;
  /** Frames in the order of their arrival, and how they came. */
  readonly frames: Inbox<{ readonly by: 'pieces' | 'message'; readonly bytes: Uint8Array }>;
  readonly closes: Inbox<{ readonly code: number; readonly reason: string }>;
}

/** Handlers that take nothing in. */
const deaf = {
  onFrame: () => undefined,
  onFrameStart: () => undefined,
  onFramePiece: () => undefined,
  onRefused: () => undefined,
  onClosed: () => undefined,
};

const request =
  'GET /worker HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n';

describe('sockets of workers', () => {
  let server: CoordinatorServer;
  let accepted: Inbox<Accepted>;

  beforeEach(async () => {
    accepted = new Inbox();
    server = await openServer();
    server.admit((open, address) => accepted.put(attach(open, address)));
  });
  afterEach(() => server.close());

  function attach(open: OpenSocket, address: string): Accepted {
    const frames: Accepted['frames'] = new Inbox();
    const closes: Accepted['closes'] = new Inbox();
    let frame = new Uint8Array(0);
    let received = 0;
    const connection = open({
      onFrame: (bytes) => frames.put({ by: 'message', bytes }),
      onFrameStart: (bytes) => {
        frame = new Uint8Array(bytes);
        received = 0;
      },
      onFramePiece: (piece) => {
        frame.set(piece, received);
        received += piece.length;
        if (received === frame.length) frames.put({ by: 'pieces', bytes: frame });
      },
      onRefused: ({ closeCode, message }) => {
        connection.close(closeCode, message);
      },
      onClosed: (code, reason) => closes.put({ code, reason }),
    });
    return { connection, address, frames, closes };
  }

  async function connected(generateMask?: (mask: Buffer) => void) {
    const client = new WebSocket(`ws://127.0.0.1:${server.port}/worker`, {
      perMessageDeflate: false,
      ...(generateMask === undefined ? {} : { generateMask }),
    });
    const failed = new Promise<never>((_, reject) => client.once('error', reject));
    await Promise.race([once(client, 'open'), failed]);
    return { client, peer: await accepted.next() };
  }

  const zeroMask = (mask: Buffer) => mask.fill(0);
  const sizes = [1, 125, 126, 65_535, 65_536, 250_000, 3, 250_000];

  it('take frames of Node workers in pieces, in order', async () => {
    const { client, peer } = await connected(zeroMask);
    expect(peer.address).toBe('127.0.0.1');
    for (const [index, bytes] of sizes.entries()) client.send(patternBytes(bytes, index));
    for (const [index, bytes] of sizes.entries()) {
      const frame = await peer.frames.next();
      expect(frame.by).toBe('pieces');
      expect(sameBytes(frame.bytes, patternBytes(bytes, index))).toBe(true);
    }
  });

  it('take frames masked as browsers do, and fragments, in order with the others', async () => {
    let sent = 0;
    const { client, peer } = await connected((mask) => mask.fill(sent++ % 2 === 0 ? 0 : 0xa5));
    for (const [index, bytes] of sizes.entries()) {
      client.send(patternBytes(bytes, index), { fin: false });
      client.send(patternBytes(5, index));
      client.send(patternBytes(bytes, index));
      client.send(patternBytes(bytes, index + 1));
    }
    for (const [index, bytes] of sizes.entries()) {
      const fragmented = await peer.frames.next();
      expect(fragmented.by).toBe('message');
      expect(sameBytes(fragmented.bytes, Buffer.concat([patternBytes(bytes, index), patternBytes(5, index)]))).toBe(
        true,
      );
      for (const seed of [index, index + 1]) {
        const frame = await peer.frames.next();
        expect(frame.by).toBe('pieces');
        expect(sameBytes(frame.bytes, patternBytes(bytes, seed))).toBe(true);
      }
    }
  });

  it('send, answer pings, and pass closes on', async () => {
    const { client, peer } = await connected(zeroMask);
    client.ping('hello');
    expect(String((await once(client, 'pong'))[0])).toBe('hello');
    peer.connection.send([patternBytes(300_000)], () => undefined);
    const [message] = await once(client, 'message');
    expect(sameBytes(message, patternBytes(300_000))).toBe(true);
    client.close(4400, 'why');
    expect(await peer.closes.next()).toEqual({ code: 4400, reason: 'why' });
  });

  it('tell that a worker is gone without a close', async () => {
    const { client, peer } = await connected(zeroMask);
    client.send(new Uint8Array(1000));
    client.terminate();
    expect((await peer.closes.next()).code).toBe(1006);
  });

  it('take a frame that comes in one packet with the request', async () => {
    const raw = connect(server.port, '127.0.0.1');
    raw.write(Buffer.concat([Buffer.from(request), Buffer.from('828300000000010203', 'hex')]));
    const { frames } = await accepted.next();
    expect([...(await frames.next()).bytes]).toEqual([1, 2, 3]);
    raw.destroy();
  });

  it('are refused where the request is no WebSocket handshake', async () => {
    const raw = connect(server.port, '127.0.0.1');
    raw.write('GET /worker HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
    const [answer] = await once(raw, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1\.1 4\d\d /);
    raw.destroy();
  });

  it.each([
    ['a text message', (client: WebSocket) => client.send('hello'), 'text frame: only binary frames are spoken here'],
    [
      'a frame in 65 fragments',
      (client: WebSocket) => {
        for (let count = 0; count < 65; count++) client.send(Uint8Array.of(1), { fin: false });
      },
      'frame in more than 64 fragments',
    ],
  ])('refuse %s, and hear nothing more of whoever sent it', async (_, send, reason) => {
    const { client, peer } = await connected(zeroMask);
    send(client);
    client.send(patternBytes(10));
    client.ping();
    expect(await once(client, 'close')).toEqual([4400, Buffer.from(reason)]);
    await peer.closes.next();
    expect(peer.frames.waiting).toEqual([]);
  });

  it('say where a read begins and where it ends', async () => {
    const events: string[] = [];
    const ended = new Inbox<true>();
    server.admit((open) => {
      open({
        ...deaf,
        onRead: (bytes) => events.push(`read ${bytes}`),
        onFramePiece: ({ length }) => events.push(`piece ${length}`),
        onReadEnd: () => {
          events.push('end');
          ended.put(true);
        },
      });
    });
    const client = new WebSocket(`ws://127.0.0.1:${server.port}/worker`, { perMessageDeflate: false });
    await once(client, 'open');
    client.send(patternBytes(10));
    await ended.next();
    expect(events).toEqual(['read 16', 'piece 10', 'end']);
    client.terminate();
  });

  it('are dropped one by one if something fails that should not, and the operator is told', async () => {
    await server.close();
    const lines: string[] = [];
    server = await openServer({ onTrouble: (line) => lines.push(line) });
    const mistake = () => {
      throw new TypeError('a mistake of ours');
    };
    server.admit((open, address) => {
      if (lines.length === 0) open({ ...deaf, onFrameStart: mistake });
      else accepted.put(attach(open, address));
    });
    const first = new WebSocket(`ws://127.0.0.1:${server.port}/worker`);
    await once(first, 'open');
    first.send(patternBytes(10));
    expect((await once(first, 'close'))[0]).toBe(1006);
    expect(lines).toEqual([expect.stringMatching(/^the connection of a worker was dropped: a mistake of ours at /)]);
    const { client, peer } = await connected();
    client.send(patternBytes(10));
    expect((await peer.frames.next()).bytes).toHaveLength(10);
  });

  it('cut off whoever has not read enough to be told why', async () => {
    const { client, peer } = await connected();
    client.pause();
    const flood = new Uint8Array(1 << 20);
    for (let count = 0; count < 64; count++) peer.connection.send([flood], () => undefined);
    peer.connection.close(4408, 'too slow');
    expect((await peer.closes.next()).code).toBe(1006);
    client.terminate();
  });

  it('read no more than a little of whoever goes on after he was closed', async () => {
    const { client, peer } = await connected(zeroMask);
    const raw = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true });
    raw.on('error', () => undefined);
    raw.write(request);
    const { connection } = await accepted.next();
    connection.close(closeCodes.tooMany, 'too much');
    raw.resume();
    const flood = Buffer.alloc(1 << 20);
    let taken = 0;
    const push = (): boolean =>
      raw.write(flood, (error) => {
        if (error) return;
        taken += 1;
        push();
      });
    push();
    await new Promise((resolve) => raw.once('close', resolve)); // With an error or without.
    // What the system's own buffers hold, and no gigabytes.
    expect(taken).toBeLessThan(64);
    client.send(patternBytes(5, 1));
    expect((await peer.frames.next()).bytes).toEqual(patternBytes(5, 1));
  });

  it('take frames in pieces over TLS, too, beside fragments and pings', async () => {
    await server.close();
    const folder = mkdtempSync(join(tmpdir(), 'gradswarm-sockets-'));
    const files = makeCertificate({ folder });
    server = await openServer({ tls: files });
    server.admit((open, address) => accepted.put(attach(open, address)));
    const ca = readFileSync(files.certificate);
    const client = new WebSocket(`wss://localhost:${server.port}/worker`, { perMessageDeflate: false, ca });
    await once(client, 'open');
    const peer = await accepted.next();
    for (const [index, bytes] of sizes.entries()) {
      client.send(patternBytes(bytes, index));
      client.ping();
      client.send(patternBytes(5), { fin: false });
      client.send(patternBytes(3));
    }
    for (const [index, bytes] of sizes.entries()) {
      const whole = await peer.frames.next();
      expect(whole.by).toBe('pieces');
      expect(sameBytes(whole.bytes, patternBytes(bytes, index))).toBe(true);
      expect(await peer.frames.next()).toMatchObject({ by: 'message' });
    }
    client.close(4400, 'why');
    expect(await peer.closes.next()).toEqual({ code: 4400, reason: 'why' });
    rmSync(folder, { recursive: true });
  });

  it('leave HTTP as it is, and do not keep the server from closing', async () => {
    const { client } = await connected(zeroMask);
    expect((await fetch(`http://127.0.0.1:${server.port}/status`)).status).toBe(404);
    const closed = once(client, 'close');
    await server.close();
    expect((await closed)[0]).toBe(1006);
  });
});

describe('sockets of more workers than there may be', () => {
  const connections = 2;
  let server: CoordinatorServer;
  let accepted: Inbox<Connection>;
  let notices: string[];

  const start = async (limits: Partial<Limits>) => {
    accepted = new Inbox();
    notices = [];
    server = await openServer({ limits, onTrouble: (line) => notices.push(line) });
    server.admit((open) => {
      const connection = open(deaf);
      connection.send([Uint8Array.of(1)], () => undefined); // Tells the other side that it was admitted.
      accepted.put(connection);
    });
  };
  afterEach(() => server.close());

  /** How an attempt to connect ends: with the socket, or what a worker is told. */
  async function attempt(): Promise<{ readonly client: WebSocket } | { readonly told: string }> {
    const client = new WebSocket(`ws://127.0.0.1:${server.port}/worker`);
    const closed = new Promise<{ readonly told: string }>((resolve) => {
      client.once('error', ({ message }) => resolve({ told: message }));
      client.once('close', (code, reason) => resolve({ told: `${code} ${reason}` }));
    });
    const admitted = once(client, 'message').then(() => ({ client }));
    return Promise.race([closed, admitted]);
  }

  async function mustConnect(): Promise<WebSocket> {
    const outcome = await attempt();
    if ('told' in outcome) throw new Error(outcome.told);
    return outcome.client;
  }

  it.each([
    [{ connections }, 'at most 2 connections at a time'],
    [{ connectionsPerAddress: connections }, 'at most 2 connections at a time from one address'],
    [{ strangers: connections }, 'at most 2 connections at a time that have not said hello'],
    [{ strangersPerAddress: connections }, 'at most 2 connections at a time from one address that have not said hello'],
  ])('are closed with a reason (%j), until there is room again', async (limits, reason) => {
    await start(limits);
    const first = await mustConnect();
    await mustConnect();
    expect(await attempt()).toEqual({ told: `4429 ${reason}; come back in 10 s` });
    expect(notices).toEqual([`a connection from 127.0.0.1 was refused: ${reason}`]);
    const gone = once(first, 'close');
    first.close();
    await gone;
    await untilAdmitted();
  });

  /** The coordinator may see a connection end a little later than its other side. */
  async function untilAdmitted(): Promise<void> {
    while ('told' in (await attempt()));
  }

  it('are let in beside those who have said hello', async () => {
    await start({ strangers: 1 });
    await mustConnect();
    (await accepted.next()).joined?.();
    await mustConnect();
    expect(await attempt()).toEqual({
      told: '4429 at most 1 connections at a time that have not said hello; come back in 10 s',
    });
  });

  it('are refused by a status once there are too many to be told a reason', async () => {
    await start({ connections: 1 });
    await mustConnect();
    // These do not answer the close, nor end their side, so they are still there when the last one comes.
    const crowd = Array.from({ length: 101 }, () =>
      connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true }),
    );
    const answers = crowd.map(async (raw) => {
      raw.write(request);
      return String((await once(raw, 'data'))[0]).split('\r\n', 1)[0];
    });
    const statuses = await Promise.all(answers);
    expect(statuses.filter((status) => status === 'HTTP/1.1 101 Switching Protocols')).toHaveLength(100);
    expect(statuses.filter((status) => status === 'HTTP/1.1 503 Service Unavailable')).toHaveLength(1);
    for (const raw of crowd) raw.destroy();
  });
});
