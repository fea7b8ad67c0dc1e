// A worker's connection with the transport under the test's control.

import { describe, expect, it } from 'vitest';
import { LateRefusal } from '../../../coordinator/connections/handshake.ts';
import { JoinTurns } from '../../../coordinator/connections/join_turns.ts';
import { limitsOf } from '../../../coordinator/connections/limits.ts';
import { MemoryBudget } from '../../../coordinator/connections/memory_budget.ts';
import { WorkerConnection } from '../../../coordinator/connections/worker_connection.ts';
import type { WorkerConnectionHandlers } from '../../../coordinator/connections/worker_connection_options.ts';
import type { WorkerId } from '../../../coordinator/training/lease.ts';
import { checksumOfCopies } from '../../../shared/protocol/checksum.ts';
import { ProtocolError } from '../../../shared/protocol/close_codes.ts';
import type { ConnectionHandlers } from '../../../shared/protocol/connection.ts';
import { createToWorkerDecoder } from '../../../shared/protocol/decode.ts';
import { encodeToCoordinator, encodeToWorker } from '../../../shared/protocol/encode.ts';
import type { ToCoordinator, ToWorker } from '../../../shared/protocol/messages.ts';
import { toCoordinatorSamples } from '../../shared/protocol/samples.ts';
import { ScriptedClock } from '../../worker/session/scripted.ts';

interface Circumstances {
  readonly greet?: boolean;
  readonly drains?: boolean;
  readonly joinTurns?: JoinTurns;
  readonly memory?: MemoryBudget;
  readonly handlers?: Partial<WorkerConnectionHandlers>;
}

function connect({ greet = true, drains = true, ...more }: Circumstances = {}) {
  const { joinTurns = new JoinTurns({ joins: 1_000, vainJoinsPerAddress: 60 }), memory = new MemoryBudget(1e6) } = more;
  const clock = new ScriptedClock();
  const decoder = createToWorkerDecoder({ maximumPayload: 1000 });
  const sent: ToWorker[] = [];
  const waiting: (() => void)[] = [];
  const closes: { code: number; reason: string }[] = [];
  const log: string[] = [];
  const transport: { handlers?: ConnectionHandlers } = {};
  const handlers: WorkerConnectionHandlers = {
    checkHello: () => 'worker',
    onJoined: () => log.push('joined'),
    placeGradient: () => undefined,
    checksum: checksumOfCopies,
    onContribution: (_, { lease }, bytes) => log.push(`contribution to ${lease} with ${bytes} bytes`),
    onHeartbeat: (_, beat) => log.push(`heartbeat ${beat}`),
    onClosed: (_, reason) => log.push(`closed: ${reason}`),
    onFailed: (error) => log.push(`failed: ${error}`),
    onTrouble: (trouble, line) => log.push(`${trouble}: ${line}`),
    ...more.handlers,
  };
  const connection = new WorkerConnection(
    (given) => {
      transport.handlers = given;
      return {
        send: (frames, onSent) => {
          if (drains) onSent();
          else waiting.push(onSent);
          for (const frame of frames) {
            const received = decoder.push(frame);
            if (received !== undefined) sent.push(received.message);
          }
        },
        close: (code, reason) => closes.push({ code, reason }),
      };
    },
    {
      id: 'w' as WorkerId,
      address: 'here',
      maximumPayload: 1000,
      maximumUnsent: 500,
      limits: limitsOf(),
      joinTurns,
      memory,
      clock,
      handlers,
    },
  );
  const receive = (message: ToCoordinator, payload?: Uint8Array) => {
    for (const frame of encodeToCoordinator(message, payload)) transport.handlers?.onFrame(frame);
  };
  if (greet) receive(toCoordinatorSamples.hello);
  return { connection, clock, sent, waiting, closes, log, receive, transport };
}

describe('WorkerConnection', () => {
  it('closes a socket that does not say hello, and tells nobody', () => {
    const { clock, closes, log } = connect({ greet: false });
    clock.advance(10_000);
    expect(closes).toEqual([{ code: 4408, reason: 'no hello within 10 s' }]);
    expect(log).toEqual([]);
  });

  it('has the role that its hello was given', () => {
    expect(connect({ handlers: { checkHello: () => 'local' } }).connection.role).toBe('local');
  });

  it('refuses a hello at once, and says why', () => {
    const checkHello = () => {
      throw new ProtocolError('engineMismatch', 'another engine');
    };
    const { sent, closes, log } = connect({ handlers: { checkHello } });
    expect(sent).toEqual([{ type: 'refused', reason: 'another engine' }]);
    expect(closes).toEqual([{ code: 4407, reason: 'another engine' }]);
    expect(log).toEqual([]);
  });

  it('lets a guess wait for its refusal, and hears nothing more from it', () => {
    const checkHello = () => {
      throw new LateRefusal(15_000, 'wrong');
    };
    const { clock, sent, closes, receive } = connect({ handlers: { checkHello } });
    receive(toCoordinatorSamples.contribution, new Uint8Array(8));
    clock.advance(14_999);
    expect(sent).toEqual([]);
    expect(closes).toEqual([]);
    clock.advance(1);
    expect(sent).toEqual([{ type: 'refused', reason: 'wrong' }]);
    expect(closes).toEqual([{ code: 4401, reason: 'wrong' }]);
  });

  it('refuses nobody who has gone while he waited', () => {
    const checkHello = () => {
      throw new LateRefusal(1_000, 'wrong');
    };
    const { clock, sent, transport } = connect({ handlers: { checkHello } });
    transport.handlers?.onClosed(1006, '');
    expect(clock.pending).toBe(0);
    clock.advance(1_000);
    expect(sent).toEqual([]);
  });

  it('lets a crowd join one after the other, and nobody who has gone while he waited', () => {
    const joinTurns = new JoinTurns({ joins: 2, vainJoinsPerAddress: 60 });
    const [first, second, third, fourth] = [1, 2, 3, 4].map(() => connect({ joinTurns }));
    expect([first?.log, second?.log]).toEqual([['joined'], []]);
    third?.receive({ type: 'goodbye', reason: 'no time' });
    expect(third?.closes).toEqual([{ code: 1000, reason: 'no time' }]);
    fourth?.transport.handlers?.onClosed(1006, '');
    second?.clock.advance(499);
    expect(second?.log).toEqual([]);
    for (const one of [second, third, fourth]) one?.clock.advance(2_000);
    expect([second?.log, third?.log, fourth?.log]).toEqual([['joined'], [], []]);
    expect(third?.clock.pending).toBe(0);
  });

  it('tells of a worker that leaves without having helped, and of no other', () => {
    const vain: string[] = [];
    const joinTurns = new JoinTurns({ joins: 1_000, vainJoinsPerAddress: 60 });
    joinTurns.wasVain = (address) => vain.push(address);
    const helper = connect({ joinTurns });
    helper.connection.account.trust();
    helper.receive({ type: 'goodbye', reason: 'enough' });
    connect({ joinTurns, greet: false }).transport.handlers?.onClosed(1006, '');
    expect(vain).toEqual([]);
    connect({ joinTurns }).receive({ type: 'goodbye', reason: 'no time' });
    expect(vain).toEqual(['here']);
  });

  it('takes nothing but a goodbye from a worker that waits for its turn', () => {
    const joinTurns = new JoinTurns({ joins: 2, vainJoinsPerAddress: 60 });
    connect({ joinTurns });
    const { receive, closes, sent } = connect({ joinTurns });
    receive({ type: 'heartbeat', beat: 1 });
    expect(closes).toEqual([{ code: 4400, reason: 'heartbeat before welcome' }]);
    expect(sent).toEqual([{ type: 'refused', reason: 'heartbeat before welcome' }]);
  });

  it('sends heartbeats, and keeps a worker that answers them', () => {
    const { connection, clock, sent, closes, log, receive } = connect();
    for (let beat = 1; beat <= 20; beat++) {
      clock.advance(5_000);
      connection.keepAlive(clock.now(), undefined);
      receive({ type: 'heartbeat', beat });
    }
    expect(sent.at(-1)).toEqual({ type: 'heartbeat', beat: 20 });
    expect(log.at(-1)).toBe('heartbeat 20');
    expect(closes).toEqual([]);
  });

  it('closes a worker that gives no sign of life, once and with the reason', () => {
    const { connection, clock, closes, log } = connect();
    for (let beat = 1; beat <= 10; beat++) {
      clock.advance(5_000);
      connection.keepAlive(clock.now(), undefined);
    }
    expect(closes).toEqual([{ code: 4408, reason: 'no sign of life for 25 s' }]);
    expect(log).toEqual(['joined', 'closed: no sign of life for 25 s']);
  });

  it('counts a piece of a slow upload as a sign of life', () => {
    const { connection, clock, closes, transport } = connect();
    const [frame = new Uint8Array(0)] = encodeToCoordinator(toCoordinatorSamples.contribution, new Uint8Array(400));
    transport.handlers?.onFrameStart(frame.length);
    for (let second = 0; second < 20; second += 5) {
      transport.handlers?.onRead?.(5);
      transport.handlers?.onFramePiece(frame.subarray(second, second + 5));
      transport.handlers?.onReadEnd?.();
      clock.advance(5_000);
      connection.keepAlive(clock.now(), undefined);
    }
    expect(closes).toEqual([]);
  });

  it('closes a worker that sends a heartbeat back that it was not sent', () => {
    const { closes, receive } = connect();
    receive({ type: 'heartbeat', beat: 1 });
    expect(closes).toEqual([{ code: 4400, reason: 'heartbeat 1 was never sent' }]);
  });

  it('closes a worker that sends a heartbeat back twice, or out of order', () => {
    const { connection, closes, log, receive } = connect();
    for (let beat = 1; beat <= 3; beat++) connection.keepAlive(0, undefined);
    receive({ type: 'heartbeat', beat: 2 });
    receive({ type: 'heartbeat', beat: 1 });
    expect(closes).toEqual([{ code: 4400, reason: 'heartbeat 1 came back after 2' }]);
    expect(log.slice(0, 2)).toEqual(['joined', 'heartbeat 2']);
  });

  it('drops a worker that does not take what it is sent, rather than queue without bound', () => {
    const { connection, waiting, closes, log } = connect({ drains: false });
    const message = { type: 'parameters', step: 1 } as const;
    connection.send(message, new Uint8Array(200));
    connection.send(message, new Uint8Array(200));
    expect(closes).toEqual([]);
    for (const onSent of waiting.splice(0)) onSent();
    connection.send(message, new Uint8Array(200));
    connection.send(message, new Uint8Array(200));
    let free = 0;
    connection.sendFrames([new Uint8Array(200)], () => {
      free += 1;
    });
    expect(free).toBe(1);
    expect(closes).toMatchObject([{ code: 4408, reason: expect.stringMatching(/takes too little/) }]);
    expect(log.at(-1)).toMatch(/^closed: takes too little/);
  });

  it('warns twice, and closes the third time', () => {
    const { connection, sent, closes } = connect();
    for (const reason of ['one', 'two', 'three']) connection.warn(reason);
    expect(sent).toEqual([
      { type: 'warning', reason: 'one' },
      { type: 'warning', reason: 'two' },
    ]);
    expect(closes).toEqual([{ code: 4400, reason: 'three' }]);
  });

  it('passes contributions on, and a goodbye', () => {
    const { receive, log, closes } = connect();
    receive(toCoordinatorSamples.contribution, new Uint8Array(8));
    receive({ type: 'goodbye', reason: 'bye' });
    expect(log).toEqual(['joined', 'contribution to 3 with 8 bytes', 'closed: bye']);
    expect(closes).toEqual([{ code: 1000, reason: 'bye' }]);
  });

  const mistake = () => {
    throw new TypeError('a mistake of ours');
  };

  it.each<[string, Partial<WorkerConnectionHandlers>]>([
    ['a contribution', { onContribution: mistake }],
    ['the place of a gradient', { placeGradient: mistake }],
  ])('tells the run of its mistakes about %s, and ends', (_, handlers) => {
    const { receive, log, closes } = connect({ handlers });
    receive(toCoordinatorSamples.contribution, new Uint8Array(8));
    expect(log).toEqual(['joined', 'failed: TypeError: a mistake of ours']);
    expect(closes).toEqual([{ code: 1001, reason: 'the coordinator failed' }]);
  });

  it('tells the run of its mistakes about a worker that has gone', () => {
    const { log, transport } = connect({ handlers: { onClosed: mistake } });
    transport.handlers?.onClosed(1006, '');
    expect(log).toEqual(['joined', 'failed: TypeError: a mistake of ours']);
  });

  it('takes the refusal of a contribution for one, not for a mistake', () => {
    const onContribution = () => {
      throw new ProtocolError('badMessage', 'no');
    };
    const { receive, log, closes } = connect({ handlers: { onContribution } });
    receive(toCoordinatorSamples.contribution, new Uint8Array(8));
    expect(closes).toEqual([{ code: 4400, reason: 'no' }]);
    expect(log).toEqual(['joined', 'closed: no']);
  });

  it('holds memory for a gradient as long as that arrives, and for what waits to be sent', () => {
    const memory = new MemoryBudget(1e6);
    const place = new Uint8Array(400);
    const held: number[] = [];
    const { connection, receive, waiting, transport } = connect({
      memory,
      drains: false,
      handlers: { placeGradient: () => place, onContribution: () => held.push(memory.used) },
    });
    const [frame = new Uint8Array(0)] = encodeToCoordinator(toCoordinatorSamples.contribution, place);
    transport.handlers?.onFrameStart(frame.length);
    transport.handlers?.onFramePiece(frame.subarray(0, 300));
    expect(memory.used).toBe(400);
    transport.handlers?.onFramePiece(frame.subarray(300));
    expect(held).toEqual([0]);
    const frames = encodeToWorker({ type: 'parameters', step: 1 }, new Uint8Array(100));
    connection.sendFrames(frames);
    connection.sendShared(frames, () => undefined);
    expect(memory.used).toBe(frames[0]?.length);
    for (const onSent of waiting.splice(0)) onSent();
    expect(memory.used).toBe(0);
    connection.sendFrames(frames);
    receive({ type: 'goodbye', reason: 'bye' });
    expect(memory.used).toBe(0);
  });

  it('is shed when others need its memory, unless it has contributed and they have not', () => {
    const memory = new MemoryBudget(500);
    const place = new Uint8Array(400);
    const begin = ({ transport }: ReturnType<typeof connect>) => {
      const [frame = new Uint8Array(0)] = encodeToCoordinator(toCoordinatorSamples.contribution, place);
      transport.handlers?.onFrameStart(frame.length);
      transport.handlers?.onFramePiece(frame.subarray(0, 300));
    };
    const arrive = () => connect({ memory, handlers: { placeGradient: () => place } });
    const told = { code: 4429, reason: 'no memory is left for whoever came last; come back in 10 s' };
    const [stranger, old] = [arrive(), arrive()];
    old.connection.account.trust();
    begin(stranger);
    begin(old);
    expect(stranger.closes).toEqual([told]);
    expect(stranger.log).toEqual([
      'joined',
      `closed: ${told.reason}`,
      'memory: a connection from here was closed: what all peers hold is more than --max-memory',
    ]);
    const newcomer = arrive();
    begin(newcomer);
    expect(newcomer.closes).toEqual([told]);
    expect(old.closes).toEqual([]);
    expect(memory.used).toBe(400);
  });
});
