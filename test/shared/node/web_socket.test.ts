// One WebSocket at both ends: the coordinator's as accepted, the worker's as connected.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OnSocket } from '../../../coordinator/connections/worker_socket.ts';
import type { CoordinatorServer } from '../../../coordinator/web/server.ts';
import type { Connection, ConnectionHandlers } from '../../../shared/protocol/connection.ts';
import { maximumFrameBytes } from '../../../shared/protocol/limits.ts';
import { connectTo } from '../../../worker/process/node_connection.ts';
import { openServer } from '../../coordinator/web/open_server.ts';
import { Inbox } from '../../worker/session/scripted.ts';
import { patternBytes, sameBytes } from '../protocol/samples.ts';

const never = new AbortController().signal;

interface End {
  readonly connection: Connection;
  readonly frames: Inbox<Uint8Array>;
  readonly closes: Inbox<{ readonly code: number; readonly reason: string }>;
}

/** Handlers that collect what they are called with. */
function collector() {
  const frames: End['frames'] = new Inbox();
  const closes: End['closes'] = new Inbox();
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
    onRefused: () => undefined,
    onClosed: (code, reason) => closes.put({ code, reason }),
  };
  return { frames, closes, handlers };
}

describe('web socket', () => {
  let server: CoordinatorServer;
  let coordinator: End;
  let worker: End;

  beforeEach(async () => {
    server = await openServer();
    const accepted = new Inbox<End>();
    const accept: OnSocket = (open) => {
      const { handlers, ...inboxes } = collector();
      accepted.put({ ...inboxes, connection: open(handlers) });
    };
    server.admit(accept);
    const { handlers, ...inboxes } = collector();
    const connection = await connectTo(new URL(`ws://127.0.0.1:${server.port}/worker`))(handlers, never);
    worker = { ...inboxes, connection };
    coordinator = await accepted.next();
  });
  afterEach(() => server.close());

  const directions = [
    ['worker to coordinator', () => ({ from: worker, to: coordinator })],
    ['coordinator to worker', () => ({ from: coordinator, to: worker })],
  ] as const;

  describe.each(directions)('from %s', (_, ends) => {
    it('carries frames of any size in order, many in one call, and says once when each call is done', async () => {
      const { from, to } = ends();
      const sizes = [1, 125, 126, 65_535, 65_536, 250_000, 3, maximumFrameBytes];
      const frames = sizes.map((bytes, index) => patternBytes(bytes, index));
      const sent = new Inbox<number>();
      from.connection.send(frames, () => sent.put(1));
      from.connection.send(frames.toReversed(), () => sent.put(2));
      for (const frame of [...frames, ...frames.toReversed()]) {
        expect(sameBytes(await to.frames.next(), frame)).toBe(true);
      }
      expect([await sent.next(), await sent.next()]).toEqual([1, 2]);
      expect(sent.waiting).toEqual([]);
    });

    it('closes with a code and a reason, told to both ends once', async () => {
      const { from, to } = ends();
      from.connection.close(1001, 'why');
      expect(await to.closes.next()).toEqual({ code: 1001, reason: 'why' });
      expect(await from.closes.next()).toEqual({ code: 1001, reason: 'why' });
      expect([...to.closes.waiting, ...from.closes.waiting]).toEqual([]);
    });

    it('sends nothing once it is closed, and frees the memory of frames at once', async () => {
      const { from, to } = ends();
      to.connection.close(1000, '');
      await from.closes.next();
      let freed = 0;
      from.connection.send([patternBytes(10)], () => {
        freed += 1;
      });
      expect(freed).toBe(1);
      expect(to.frames.waiting).toEqual([]);
    });

    it('is closed by a frame larger than any, and says what was wrong with it', async () => {
      const { from, to } = ends();
      from.connection.send([patternBytes(maximumFrameBytes + 1)], () => undefined);
      expect(await to.closes.next()).toEqual({ code: 1006, reason: 'Max payload size exceeded' });
    });
  });
});
