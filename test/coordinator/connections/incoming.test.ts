// What comes over a connection, with the transport under the test's control.

import { describe, expect, it } from 'vitest';
import { Incoming, type IncomingHandlers } from '../../../coordinator/connections/incoming.ts';
import { limitsOf } from '../../../coordinator/connections/limits.ts';
import { MemoryBudget } from '../../../coordinator/connections/memory_budget.ts';
import { checksumOfCopies } from '../../../shared/protocol/checksum.ts';
import { encodeToCoordinator } from '../../../shared/protocol/encode.ts';
import { maximumHelloBytes, usualChunkBytes } from '../../../shared/protocol/limits.ts';
import { toCoordinatorSamples } from '../../shared/protocol/samples.ts';
import { ScriptedClock } from '../../worker/session/scripted.ts';

const limits = { ...limitsOf(), controlFrames: 2, unaskedBytes: 1_024, unaskedTime: 10 };
const { contribution, hello } = toCoordinatorSamples;

function open(handlers: Partial<IncomingHandlers> = {}, memory = new MemoryBudget(1e9)) {
  const clock = new ScriptedClock();
  const log: string[] = [];
  const incoming: Incoming = new Incoming({
    maximumPayload: 1e6,
    limits,
    account: memory.open(() => log.push('shed')),
    clock,
    handlers: {
      isStranger: () => false,
      place: () => undefined,
      checksum: checksumOfCopies,
      onMessage: ({ message }) => {
        log.push(message.type);
        return true;
      },
      onViolation: ({ closeName, message }) => {
        log.push(`${closeName}: ${message}`);
        incoming.stop();
      },
      onUndecodable: (words) => log.push(`undecodable: ${words}`),
      ...handlers,
    },
  });
  /** Hands a frame over as a socket does that reads so many bytes at a time. */
  const read = (frame: Uint8Array, bytes = frame.length) => {
    const { onRead, onReadEnd, onFrameStart, onFramePiece } = incoming.handlers;
    for (let start = 0; start < frame.length; start += bytes) {
      const piece = frame.subarray(start, start + bytes);
      onRead?.(piece.length);
      if (start === 0) onFrameStart(frame.length);
      onFramePiece(piece);
      onReadEnd?.();
    }
  };
  return { incoming, clock, log, memory, read };
}

function framesOf(payloadBytes: number): readonly Uint8Array[] {
  return encodeToCoordinator(contribution, new Uint8Array(payloadBytes));
}

describe('Incoming', () => {
  it('hands messages on', () => {
    const { log, read } = open();
    for (const message of [hello, contribution]) for (const frame of encodeToCoordinator(message)) read(frame, 7);
    expect(log).toEqual(['hello', 'contribution']);
  });

  it.each([new TypeError('x is\nundefined'), 'a word', undefined])(
    'takes whatever decoding throws for the peer’s end, and tells the operator if it is new: %o',
    (thrown) => {
      const checksum = () => {
        throw thrown;
      };
      const { log, read } = open({ checksum });
      for (const frame of encodeToCoordinator(hello)) read(frame);
      const words = thrown instanceof Error ? 'x isundefined' : String(thrown);
      expect(log).toEqual([`undecodable: ${words}`, 'badMessage: message that cannot be decoded']);
    },
  );

  it('hears nothing more after a violation', () => {
    const { incoming, log, read } = open();
    read(new Uint8Array(64));
    for (const frame of encodeToCoordinator(hello)) read(frame);
    incoming.handlers.onFragment?.(1e9);
    for (let count = 0; count < 100; count++) incoming.handlers.onControlFrame?.();
    expect(log).toEqual(['badMessage: header of 0 bytes: expected 1 to 16384']);
  });

  it('lets a stranger’s frame be no longer than a hello, whole or in fragments', () => {
    const told = `messageTooLarge: frame of ${maximumHelloBytes + 1} bytes before hello: at most ${maximumHelloBytes}`;
    for (const event of ['onFrameStart', 'onFragment'] as const) {
      const { incoming, log } = open({ isStranger: () => true });
      incoming.handlers[event]?.(maximumHelloBytes + 1);
      expect(log).toEqual([told]);
      const member = open({ isStranger: () => false });
      member.incoming.handlers[event]?.(maximumHelloBytes + 1);
      expect(member.log).toEqual([]);
    }
  });

  it('holds fragments until the last has come', () => {
    const { incoming, memory } = open();
    for (const bytes of [100, 300]) incoming.handlers.onFragment?.(bytes);
    expect(memory.used).toBe(300);
    expect(incoming.arriving).toEqual({ since: 0, bytes: 300, come: 300 });
    incoming.handlers.onFragment?.(0);
    expect(memory.used).toBe(0);
    expect(incoming.arriving).toBeUndefined();
  });

  it('measures a message from its first byte to its last, over all of its frames', () => {
    const { incoming, clock, log, read } = open({ place: (_, bytes) => new Uint8Array(bytes) });
    const payload = 2 * usualChunkBytes;
    const [first = new Uint8Array(0), last = new Uint8Array(0)] = framesOf(payload);
    expect(incoming.arriving).toBeUndefined();
    clock.advance(1_000);
    read(first);
    clock.advance(1_000);
    const { onRead, onFrameStart, onFramePiece } = incoming.handlers;
    onRead?.(100);
    onFrameStart(last.length);
    onFramePiece(last.subarray(0, 100));
    expect(incoming.arriving).toMatchObject({ since: 1_000, bytes: payload });
    expect(incoming.arriving?.come).toBeGreaterThan(usualChunkBytes);
    onFramePiece(last.subarray(100));
    expect(log).toEqual(['contribution']);
    expect(incoming.arriving).toBeUndefined();
  });

  it('holds nothing for a contribution that goes nowhere, counts its bytes, and hands it not on', () => {
    const { log, memory, read } = open({ place: () => 'nowhere' });
    for (const frame of framesOf(4_000)) read(frame);
    expect(memory.used).toBe(0);
    expect(log).toEqual([]);
    for (const frame of framesOf(8_000)) read(frame);
    expect(log).toEqual(['tooMany: more than 1024 bytes a second that nobody asked for']);
  });

  it('counts no bytes of gradients that were asked for', () => {
    const { log, read } = open({ place: (_, bytes) => new Uint8Array(bytes) });
    for (let count = 0; count < 3; count++) for (const frame of framesOf(400_000)) read(frame, 64_000);
    expect(log).toEqual(['contribution', 'contribution', 'contribution']);
  });

  it('counts no bytes of answers without a gradient', () => {
    const { log, read } = open();
    for (let count = 0; count < 1_000; count++) for (const frame of framesOf(0)) read(frame);
    expect(new Set(log)).toEqual(new Set(['contribution']));
  });

  it('counts the time of whoever dribbles a gradient that was asked for', () => {
    const { log, read } = open({ place: (_, bytes) => new Uint8Array(bytes) });
    for (const frame of framesOf(100_000)) read(frame, 1);
    expect(log).toEqual(['tooMany: costs more than 10 ms a second without answering']);
  });

  it('bounds pings and pongs, also of a peer that is not heard', () => {
    const { incoming, log, read } = open();
    incoming.mute();
    for (const frame of encodeToCoordinator(hello)) read(frame);
    for (let count = 0; count < 100; count++) incoming.handlers.onControlFrame?.();
    expect(log).toEqual(['tooMany: more than 2 pings and pongs a second']);
  });

  it('puts a gradient nowhere if there is no memory for it', () => {
    const { incoming, log, memory } = open({ place: (_, bytes) => new Uint8Array(bytes) }, new MemoryBudget(1_000));
    const [frame = new Uint8Array(0)] = framesOf(4_000);
    incoming.handlers.onFrameStart(frame.length);
    incoming.handlers.onFramePiece(frame);
    expect(log).toEqual(['shed']); // What a connection does then.
    expect(memory.used).toBe(0);
  });
});
