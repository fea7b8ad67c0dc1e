import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { OpenSocket } from '../../../coordinator/connections/worker_socket.ts';
import { type CoordinatorServer, listen } from '../../../coordinator/web/server.ts';
import type { Connection } from '../../../shared/protocol/connection.ts';
import { maximumFrameBytes } from '../../../shared/protocol/limits.ts';
import { patternBytes, sameBytes } from '../../shared/protocol/samples.ts';
import { Inbox } from '../../worker/session/scripted.ts';

interface Accepted {
  readonly connection: Connection;
  readonly address: string;
  /** Frames in the order of their arrival, and how they came. */
  readonly frames: Inbox<{ readonly by: 'pieces' | 'message'; readonly bytes: Uint8Array }>;
  readonly closes: Inbox<{ readonly code: number; readonly reason: string }>;
}

describe('sockets of workers', () => {
  let server: CoordinatorServer;
  let accepted: Inbox<Accepted>;

  beforeEach(async () => {
    accepted = new Inbox();
    server = await listen({ host: '127.0.0.1', port: 0, status: () => ({ step: 3 }) });
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
      onText: () => undefined,
      onClosed: (code, reason) => closes.put({ code, reason }),
    });
    return { connection, address, frames, closes };
  }

  async function connected(generateMask?: (mask: Buffer) => void) {
    const client = new WebSocket(`ws://127.0.0.1:${server.port}`, {
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

  it('refuse a frame larger than any', async () => {
    const { client } = await connected(zeroMask);
    client.send(new Uint8Array(maximumFrameBytes + 1));
    expect((await once(client, 'close'))[0]).toBe(1009);
  });

  it('tell that a worker is gone without a close', async () => {
    const { client, peer } = await connected(zeroMask);
    client.send(new Uint8Array(1000));
    client.terminate();
    expect((await peer.closes.next()).code).toBe(1006);
  });

  it('take a frame that comes in one packet with the request', async () => {
    const raw = connect(server.port, '127.0.0.1');
    const request =
      'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n';
    raw.write(Buffer.concat([Buffer.from(request), Buffer.from('828300000000010203', 'hex')]));
    const { frames } = await accepted.next();
    expect([...(await frames.next()).bytes]).toEqual([1, 2, 3]);
    raw.destroy();
  });

  it('are refused where the request is no WebSocket handshake', async () => {
    const raw = connect(server.port, '127.0.0.1');
    raw.write('GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
    const [answer] = await once(raw, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1\.1 4\d\d /);
    raw.destroy();
  });

  it('leave HTTP as it is, and do not keep the server from closing', async () => {
    const { client } = await connected(zeroMask);
    expect(await (await fetch(`http://127.0.0.1:${server.port}/status`)).json()).toEqual({ step: 3 });
    const closed = once(client, 'close');
    await server.close();
    expect((await closed)[0]).toBe(1006);
  });
});
