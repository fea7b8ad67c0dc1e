import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { comeBack, refuseSocket } from '../../../coordinator/connections/refusal.ts';
import { systemClock } from '../../../shared/node/system_clock.ts';
import { encodeAssignedJob } from '../../../shared/protocol/assigned_job.ts';
import type { ConnectionHandlers } from '../../../shared/protocol/connection.ts';
import { encodeToCoordinator } from '../../../shared/protocol/encode.ts';
import { connectTo } from '../../../worker/process/node_connection.ts';
import { Busy } from '../../../worker/session/connection.ts';
import { workerLimitsOf } from '../../../worker/session/limits.ts';
import { runWorker, type WorkerEvent } from '../../../worker/session/session.ts';
import { patternBytes, sameBytes } from '../../shared/protocol/samples.ts';
import { Inbox, ScriptedEngine, scriptedJob, scriptedParameters } from '../session/scripted.ts';
import { CoordinatorStub } from './coordinator_stub.ts';

const never = new AbortController().signal;

/** Handlers that collect what they are called with. */
function collector() {
  const frames = new Inbox<Uint8Array>();
  const closes = new Inbox<{ readonly code: number; readonly reason: string }>();
  const texts = new Inbox<true>();
  let frame = new Uint8Array(0);
  let received = 0;
  const handlers: ConnectionHandlers = {
    onFrame: (whole) => frames.put(whole),
    onFrameStart: (bytes) => {
      frame = new Uint8Array(bytes);
      received = 0;
    },
    onFramePiece: (piece) => {
      frame.set(piece, received);
      received += piece.length;
      if (received === frame.length) frames.put(frame);
    },
    onRefused: () => texts.put(true),
    onClosed: (code, reason) => closes.put({ code, reason }),
  };
  return { frames, closes, texts, handlers };
}

async function listening<Listener extends Server>(server: Listener): Promise<URL> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return new URL(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

describe('node connection', () => {
  let stub: CoordinatorStub;
  beforeEach(async () => {
    stub = await CoordinatorStub.start();
  });
  afterEach(() => stub.stop());

  it('carries frames both ways, masked with zeros', async () => {
    const { frames, handlers } = collector();
    const connection = await connectTo(stub.url)(handlers, never);
    const peer = await stub.peers.next();
    connection.send(encodeToCoordinator({ type: 'goodbye', reason: 'test' }), () => undefined);
    expect((await peer.messages.next()).message).toEqual({ type: 'goodbye', reason: 'test' });
    const bytes = await stub.firstBytes.next();
    expect((bytes[1] ?? 0) & 0x80).toBe(0x80); // masked, as WebSocket demands
    expect(bytes.subarray(2, 6).toString('hex')).toBe('00000000');
    peer.socket.send(Uint8Array.of(1, 2, 3));
    expect([...(await frames.next())]).toEqual([1, 2, 3]);
    connection.close(1000, '');
  });

  it('carries every frame whole and in order, large or fragmented, with pings in between', async () => {
    const { frames, handlers } = collector();
    const connection = await connectTo(stub.url)(handlers, never);
    const { socket } = await stub.peers.next();
    const sent = [1, 125, 126, 65_535, 65_536, 250_000, 3, 250_000].map((bytes, index) => patternBytes(bytes, index));
    for (const [index, frame] of sent.entries()) {
      if (index % 3 === 1) {
        socket.send(frame.subarray(0, 7), { fin: false });
        socket.ping();
        socket.send(frame.subarray(7));
      } else {
        socket.send(frame);
      }
    }
    for (const frame of sent) expect(sameBytes(await frames.next(), frame)).toBe(true);
    connection.close(1000, '');
  });

  it('refuses a text frame, and hears nothing behind it', async () => {
    const { texts, frames, closes, handlers } = collector();
    const connection = await connectTo(stub.url)(handlers, never);
    const peer = await stub.peers.next();
    peer.socket.send('text');
    peer.socket.send(patternBytes(10));
    await texts.next();
    connection.close(4400, 'text');
    await closes.next();
    expect([...texts.waiting, ...frames.waiting, ...closes.waiting]).toEqual([]);
  });

  it('tells why the other side closed, once', async () => {
    const { closes, handlers } = collector();
    await connectTo(stub.url)(handlers, never);
    const peer = await stub.peers.next();
    peer.socket.close(4429, 'full');
    expect(await closes.next()).toEqual({ code: 4429, reason: 'full' });
    expect(closes.waiting).toEqual([]);
  });

  it('tells that it is closed even if the other side does not answer its close', async () => {
    const { closes, handlers } = collector();
    const connection = await connectTo(stub.url)(handlers, never);
    const peer = await stub.peers.next();
    peer.socket.pause();
    connection.close(1000, 'bye');
    expect((await closes.next()).code).toBe(1006);
    let sent = 0;
    connection.send([Uint8Array.of(1)], () => {
      sent += 1;
    }); // ignored, and its memory free at once
    expect(sent).toBe(1);
  });

  it('runs a whole session over a real socket, parameters and gradient in several frames', async () => {
    const events = new Inbox<WorkerEvent>();
    const outcome = runWorker({
      connect: connectTo(stub.url),
      engine: new ScriptedEngine(),
      kind: 'node',
      cores: 1,
      limits: workerLimitsOf('node'),
      retryFor: Number.POSITIVE_INFINITY,
      signal: never,
      onEvent: (event) => events.put(event),
      clock: systemClock,
      random: () => 0,
      allocate: (bytes) => Buffer.allocUnsafeSlow(bytes),
    });
    const parameters = new Uint8Array(new Float32Array(scriptedParameters).fill(2).buffer);
    const lease = {
      type: 'lease',
      lease: 1,
      work: { kind: 'gradient', step: 0, shard: { first: 0, count: 1 } },
      parameters: 0,
      samples: 4,
      deadline: 100,
    } as const;
    for (const attempt of [1, 2, 3]) {
      const peer = await stub.greeted();
      peer.send({ type: 'welcome', workerId: `w${attempt}`, jobDigest: 'd' }, encodeAssignedJob(scriptedJob));
      peer.send({ type: 'parameters', step: 0 }, parameters);
      peer.send(lease, new Uint8Array(4).fill(attempt));
      const { message, payload } = await peer.messages.next();
      expect(message).toMatchObject({ type: 'contribution', lease: 1, samples: 4, lossSum: 8 * attempt });
      expect(new Set(new Float32Array(payload.slice().buffer))).toEqual(new Set([8 * attempt]));
      expect(payload).toHaveLength(4 * scriptedParameters);
      if (attempt === 3) peer.send({ type: 'finished', reason: 'done' });
      else peer.socket.terminate();
    }
    expect(await outcome).toEqual({ kind: 'finished', reason: 'done' });
  });
});

describe('node connection, nobody there', () => {
  it('says in words that nothing listens', async () => {
    const server = createServer();
    const url = await listening(server);
    await new Promise((resolve) => server.close(resolve));
    await expect(connectTo(url)(collector().handlers, never)).rejects.toThrow(
      'connection refused: nothing listens there',
    );
  });

  it('says in words that something else listens', async () => {
    const server = createHttpServer((_, response) => response.writeHead(404).end());
    const url = await listening(server);
    await expect(connectTo(url)(collector().handlers, never)).rejects.toThrow(
      'no gradswarm coordinator answers there (HTTP status 404)',
    );
    await new Promise((resolve) => server.close(resolve));
  });

  it('says in words that a coordinator takes no workers', async () => {
    const server = createHttpServer();
    server.on('upgrade', (_, socket) => refuseSocket(socket, comeBack(503, 10, 'too many')));
    const url = await listening(server);
    await expect(connectTo(url)(collector().handlers, never)).rejects.toThrow(
      'the coordinator takes no workers at the moment (HTTP status 503)',
    );
    await new Promise((resolve) => server.close(resolve));
  });

  it.each([
    [401, 'it asks for a token that is right'],
    [403, 'it takes no workers from here'],
    [421, 'start the coordinator with --allow-host 127.0.0.1'],
  ])('says in words what HTTP status %i means', async (status, words) => {
    const server = createHttpServer((_, response) => response.writeHead(status).end());
    const url = await listening(server);
    const attempt = connectTo(url)(collector().handlers, never);
    await expect(attempt).rejects.toThrow(words);
    await expect(attempt).rejects.toThrow(`(HTTP status ${status})`);
    await new Promise((resolve) => server.close(resolve));
  });

  it.each([
    [429, '7', 7_000],
    [503, '120', 120_000],
    [503, 'Tue, 24 Nov 2026 22:00:00 GMT', undefined],
  ])('tells how long HTTP status %i with Retry-After %s asks it to wait', async (status, header, retryAfter) => {
    const server = createHttpServer((_, response) => response.writeHead(status, { 'Retry-After': header }).end());
    const url = await listening(server);
    await expect(connectTo(url)(collector().handlers, never)).rejects.toEqual(
      expect.objectContaining({ constructor: Busy, retryAfter }),
    );
    await new Promise((resolve) => server.close(resolve));
  });

  it('stops trying when the signal aborts', async () => {
    const server = createServer();
    const url = await listening(server);
    const stop = new AbortController();
    const attempt = expect(connectTo(url)(collector().handlers, stop.signal)).rejects.toThrow();
    const [socket] = await once(server, 'connection');
    stop.abort();
    await attempt;
    socket.destroy();
    await new Promise((resolve) => server.close(resolve));
    await expect(connectTo(url)(collector().handlers, stop.signal)).rejects.toThrow('aborted');
  });
});
