import type { Writable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as ws from 'ws';
import { WebSocketReader } from '../../../shared/protocol/websocket_reader.ts';
import { patternBytes } from './samples.ts';

const maximumFrame = 70_000;

interface ReceiverOptions {
  readonly isServer: boolean;
  readonly maxPayload: number;
  readonly skipUTF8Validation: boolean;
}

/** The peer library's own reader, which its published types leave out. */
const { Receiver } = ws as unknown as { readonly Receiver: new (options: ReceiverOptions) => Writable };

interface FrameSpec {
  readonly first: number;
  readonly bytes: number;
  readonly mask: readonly number[] | undefined;
}

/** Written after RFC 6455, section 5.2. */
function frameBytes({ first, bytes, mask }: FrameSpec): Uint8Array {
  const payload = patternBytes(bytes, bytes + 1);
  if (first === 0x88 && bytes >= 2) payload.set([0x03, 0xe8]); // close code 1000
  const length =
    bytes < 126
      ? [bytes]
      : bytes < 65_536
        ? [126, bytes >> 8, bytes & 255]
        : [127, 0, 0, 0, 0, 0, bytes >> 16, (bytes >> 8) & 255, bytes & 255];
  length[0] = (length[0] ?? 0) | (mask === undefined ? 0 : 0x80);
  const masked = payload.map((byte, index) => byte ^ (mask?.[index % 4] ?? 0));
  return Uint8Array.of(first, ...length, ...(mask ?? []), ...masked);
}

type Event = readonly [name: string, ...details: readonly unknown[]];

/** What `ws` makes of bytes. */
function receiverInto(events: Event[], masked: boolean): Writable {
  const receiver = new Receiver({ isServer: masked, maxPayload: maximumFrame, skipUTF8Validation: true });
  receiver.on('message', (data: Buffer, isBinary: boolean) =>
    events.push([isBinary ? 'binary' : 'text', data.toString('hex')]),
  );
  for (const name of ['ping', 'pong']) {
    receiver.on(name, (data: Buffer) => events.push([name, data.toString('hex')]));
  }
  receiver.on('conclude', (code: number, reason: Buffer) => events.push(['close', code, reason.toString('hex')]));
  receiver.on('error', (error: Error & { readonly code?: string }) => events.push(['error', error.code]));
  return receiver;
}

/** The same through the reader, with `ws` behind it for what passes through. */
function readerInto(events: Event[], masked: boolean) {
  const receiver = receiverInto(events, masked);
  let left = 0;
  let pieces: Uint8Array[] = [];
  let taken = 0;
  const told = { controlFrames: 0, fragments: [] as number[] };
  const finish = () => {
    events.push(['binary', Buffer.concat(pieces).toString('hex')]);
    pieces = [];
    taken += 1;
  };
  const reader = new WebSocketReader({
    masked,
    maximumFrame,
    onFrameStart: (bytes) => {
      expect(left).toBe(0);
      left = bytes;
      if (bytes === 0) finish();
    },
    onFramePiece: (piece) => {
      expect(piece.length).toBeGreaterThan(0);
      pieces.push(Buffer.from(piece));
      left -= piece.length;
      if (left === 0) finish();
    },
    onOther: (bytes) => {
      if (receiver.writable) receiver.write(bytes);
    },
    onRefused: ({ closeName, message }) => events.push(['refused', closeName, message]),
    onControlFrame: () => told.controlFrames++,
    onFragment: (bytes) => told.fragments.push(bytes),
  });
  receiver.on('error', () => reader.stop());
  return { reader, receiver, taken: () => taken, told };
}

/** Pushes bytes cut at random places, every cut in the same memory, as a socket's buffer is. */
function pushCut(reader: WebSocketReader, bytes: Uint8Array, lengths: readonly number[]): void {
  const memory = Buffer.alloc(bytes.length);
  let cut = 0;
  for (let start = 0; start < bytes.length; cut++) {
    const length = Math.min(bytes.length - start, lengths[cut % lengths.length] ?? 1);
    memory.set(bytes.subarray(start, start + length));
    reader.push(memory.subarray(0, length));
    memory.fill(0xee);
    start += length;
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

const payloadLength = fc.oneof(fc.nat(130), fc.constantFrom(0, 125, 126, 127, 65_535, 65_536), fc.nat(maximumFrame));
const smallLength = fc.nat(125);
const anyMask = fc.oneof(fc.constant([0, 0, 0, 0]), fc.array(fc.nat(255), { minLength: 4, maxLength: 4 }));

/** Messages as a correct sender may send them: whole or in fragments, control frames in between. */
const anyTraffic = fc
  .array(
    fc.oneof(
      fc.record({ kind: fc.constant('whole'), first: fc.constant(0x82), bytes: payloadLength }),
      fc.record({ kind: fc.constant('fragments'), first: fc.constant(0x02), bytes: smallLength }),
      fc.record({ kind: fc.constant('control'), first: fc.constantFrom(0x89, 0x8a), bytes: smallLength }),
    ),
    { maxLength: 6 },
  )
  .map((messages) =>
    messages.flatMap(({ kind, first, bytes }) =>
      kind === 'fragments'
        ? [
            { first, bytes },
            { first: 0x89, bytes: 3 },
            { first: 0x00, bytes },
            { first: 0x80, bytes: 5 },
          ]
        : [{ first, bytes }],
    ),
  );

describe('WebSocket reader', () => {
  it('hears what ws hears, in the same order, whatever the masks, fragments and borders of pieces', async () => {
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(
        anyTraffic,
        fc.boolean(),
        anyMask,
        fc.array(fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 70_000 })), { minLength: 1 }),
        async (traffic, masked, mask, lengths) => {
          const bytes = Buffer.concat(
            traffic.map((frame) => frameBytes({ ...frame, mask: masked ? mask : undefined })),
          );
          const expected: Event[] = [];
          receiverInto(expected, masked).write(Buffer.from(bytes)); // which it unmasks in place
          const events: Event[] = [];
          const side = readerInto(events, masked);
          pushCut(side.reader, bytes, lengths);
          await settled();
          taken += side.taken();
          expect(events).toEqual(expected);
        },
      ),
      { numRuns: 60 },
    );
    expect(taken).toBeGreaterThan(0); // the fast path was taken at all
  });

  it.each<[string, FrameSpec, boolean]>([
    ['a frame that lacks its mask', { first: 0x82, bytes: 4, mask: undefined }, true],
    ['a frame masked by a server', { first: 0x82, bytes: 4, mask: [0, 0, 0, 0] }, false],
    ['a frame longer than any', { first: 0x82, bytes: maximumFrame + 1, mask: undefined }, false],
    ['a reserved bit', { first: 0xc2, bytes: 4, mask: undefined }, false],
    ['a reserved opcode', { first: 0x83, bytes: 4, mask: undefined }, false],
    ['a continuation of nothing', { first: 0x80, bytes: 4, mask: undefined }, false],
    ['a long ping', { first: 0x89, bytes: 126, mask: undefined }, false],
    ['a fragmented ping', { first: 0x09, bytes: 1, mask: undefined }, false],
  ])('leaves to ws to refuse %s', async (_, spec, masked) => {
    const events: Event[] = [];
    const { reader } = readerInto(events, masked);
    pushCut(reader, frameBytes(spec), [3]);
    await settled(); // `ws` tells errors in the next tick
    reader.push(frameBytes({ first: 0x82, bytes: 4, mask: masked ? [0, 0, 0, 0] : undefined }));
    await settled();
    expect(events).toEqual([['error', expect.stringMatching(/^WS_ERR_/)]]);
  });

  it('leaves to ws to refuse a binary frame inside a fragmented message', async () => {
    const events: Event[] = [];
    const { reader } = readerInto(events, false);
    for (const first of [0x02, 0x82]) reader.push(frameBytes({ first, bytes: 4, mask: undefined }));
    await settled();
    expect(events).toEqual([['error', 'WS_ERR_INVALID_OPCODE']]);
  });

  it.each([
    ['127 as length, 2^63', '827f8000000000000000'],
    ['127 as length, 2^53 + 1', '827f0020000000000001'],
    ['127 as length, 2^32', '827f0000000100000000'],
  ])('refuses a hostile length without taking anything: %s', async (_, hex) => {
    const events: Event[] = [];
    const side = readerInto(events, false);
    side.reader.push(Buffer.from(hex, 'hex'));
    side.reader.push(patternBytes(1000));
    await settled();
    expect(events).toEqual([['error', expect.stringMatching(/LENGTH/)]]);
    expect(side.taken()).toBe(0);
  });

  it('takes nothing behind a close', async () => {
    const events: Event[] = [];
    const { reader } = readerInto(events, false);
    for (const first of [0x88, 0x82]) reader.push(frameBytes({ first, bytes: 2, mask: undefined }));
    await settled();
    expect(events).toEqual([['close', 1000, '']]);
  });

  const whole = { bytes: 4, mask: undefined };

  it.each([
    ['in a whole frame', 0x81],
    ['in fragments', 0x01],
    ['with a reserved bit', 0xc1],
  ])('refuses text %s at its first byte, and takes nothing behind it', async (_, first) => {
    const events: Event[] = [];
    const side = readerInto(events, false);
    side.reader.push(frameBytes({ first, ...whole }).subarray(0, 1));
    for (const next of [0x82, 0x89, first]) side.reader.push(frameBytes({ first: next, ...whole }));
    await settled();
    expect(events).toEqual([['refused', 'badMessage', 'text frame: only binary frames are spoken here']]);
    expect(side.told.controlFrames).toBe(0);
  });

  it('takes a frame in 64 fragments, and refuses the next one at its header', async () => {
    const events: Event[] = [];
    const { reader } = readerInto(events, false);
    const fragment = { bytes: 1, mask: undefined };
    const fragments = (more: number) => {
      reader.push(frameBytes({ first: 0x02, ...fragment }));
      for (let index = 0; index < more; index++) reader.push(frameBytes({ first: 0x00, ...fragment }));
    };
    fragments(62);
    reader.push(frameBytes({ first: 0x80, ...fragment }));
    await settled();
    expect(events).toEqual([['binary', expect.stringMatching(/^.{128}$/)]]);
    fragments(64);
    expect(events.slice(1)).toEqual([['refused', 'badMessage', 'frame in more than 64 fragments']]);
  });

  it('refuses fragments that are longer together than a frame may be', () => {
    const events: Event[] = [];
    const { reader } = readerInto(events, false);
    reader.push(frameBytes({ first: 0x02, bytes: maximumFrame, mask: undefined }));
    reader.push(frameBytes({ first: 0x00, ...whole }));
    expect(events).toEqual([['refused', 'messageTooLarge', 'fragments of more than 70000 bytes']]);
  });

  it('tells of control frames, and of the bytes of fragments until the last has come', () => {
    const { reader, told } = readerInto([], false);
    reader.push(frameBytes({ first: 0x02, ...whole }));
    for (const first of [0x89, 0x8a]) reader.push(frameBytes({ first, ...whole }));
    const last = frameBytes({ first: 0x80, ...whole });
    reader.push(last.subarray(0, -1));
    expect(told).toEqual({ controlFrames: 2, fragments: [4, 8] });
    reader.push(last.subarray(-1));
    reader.push(frameBytes({ first: 0x82, ...whole }));
    expect(told).toEqual({ controlFrames: 2, fragments: [4, 8, 0] });
  });

  it('takes nothing once it was stopped, be it by what it hands on', () => {
    const pieces: number[] = [];
    const reader: WebSocketReader = new WebSocketReader({
      masked: false,
      maximumFrame,
      onFrameStart: () => undefined,
      onFramePiece: (piece) => {
        pieces.push(piece.length);
        reader.stop();
      },
      onOther: () => pieces.push(0),
      onRefused: () => pieces.push(-1),
    });
    const frames = [0x82, 0x82, 0x89, 0x81].map((first) => frameBytes({ first, ...whole }));
    reader.push(Buffer.concat(frames));
    reader.push(Buffer.concat(frames));
    expect(pieces).toEqual([4]);
  });
});
