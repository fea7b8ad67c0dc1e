import fc from 'fast-check';
import { Packr } from 'msgpackr';
import { describe, expect, it } from 'vitest';
import { loadEngine } from '../../../shared/engine/engine.ts';
import { checksumOfCopies, createChecksum } from '../../../shared/protocol/checksum.ts';
import { ProtocolError } from '../../../shared/protocol/close_codes.ts';
import {
  createToCoordinatorDecoder,
  createToWorkerDecoder,
  type Decoder,
  type Received,
} from '../../../shared/protocol/decode.ts';
import { encodeToCoordinator, encodeToWorker } from '../../../shared/protocol/encode.ts';
import { payloadOffset, writeFrame } from '../../../shared/protocol/frame.ts';
import { maximumChunkBytes, usualChunkBytes } from '../../../shared/protocol/limits.ts';
import type { ToCoordinator, ToWorker } from '../../../shared/protocol/messages.ts';
import { protocolVersion } from '../../../shared/protocol/messages.ts';
import { maximumTextLength, plainText } from '../../../shared/protocol/plain_text.ts';
import {
  anyContribution,
  anyHello,
  anyLease,
  anyParameters,
  patternBytes,
  sameBytes,
  toCoordinatorSamples,
  toWorkerSamples,
  withBitFlipped,
} from './samples.ts';

const packr = new Packr({ useRecords: false });
const maximumPayload = 1 << 20;
/** In UTF-8 it is twice as long: nearly what a header may hold. */
const longest = '\u{ff}'.repeat(8_000);

/** A frame with any header and payload: what a hostile or broken sender may send. */
function rawFrame(header: unknown, payload: Uint8Array = new Uint8Array(0)): Uint8Array {
  const bytes = packr.pack(header);
  const frame = new Uint8Array(payloadOffset(bytes.length) + payload.length);
  writeFrame(frame, bytes, payload, checksumOfCopies);
  return frame;
}

function pushAll<Message>(decoder: Decoder<Message>, frames: readonly Uint8Array[]): readonly Received<Message>[] {
  return frames.map((frame) => decoder.push(frame)).filter((received) => received !== undefined);
}

/** What pushing these frames is refused with: close name and message. */
function refusal<Message>(decoder: Decoder<Message>, frames: readonly Uint8Array[]): string | undefined {
  try {
    pushAll(decoder, frames);
    return undefined;
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return `${error.closeName}: ${error.message}`;
  }
}

function coordinatorRefusal(header: unknown, payload?: Uint8Array): string | undefined {
  return refusal(createToCoordinatorDecoder({ maximumPayload }), [rawFrame(header, payload)]);
}

function workerRefusal(header: unknown, payload?: Uint8Array): string | undefined {
  return refusal(createToWorkerDecoder({ maximumPayload }), [rawFrame(header, payload)]);
}

/** Cuts a payload into frames at the given places, as a sender with other chunk sizes would. */
function cutFrames(message: { readonly type: string }, payload: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const borders = [...new Set([...cuts, payload.length])].sort((a, b) => a - b);
  const first = borders[0] ?? 0;
  const frames = [
    rawFrame(
      first === payload.length ? message : { ...message, payloadBytes: payload.length },
      payload.subarray(0, first),
    ),
  ];
  borders.forEach((end, index) => {
    const offset = borders[index - 1];
    if (offset !== undefined) frames.push(rawFrame({ type: 'continuation', offset }, payload.subarray(offset, end)));
  });
  return frames;
}

describe('decoder', () => {
  it('gives back every message that was encoded', () => {
    const toWorker = createToWorkerDecoder({ maximumPayload });
    const toCoordinator = createToCoordinatorDecoder({ maximumPayload });
    fc.assert(
      fc.property(
        fc.oneof(anyParameters, anyLease),
        fc.oneof(anyHello, anyContribution),
        fc.integer({ min: 1, max: 50 }),
        (forWorker, forCoordinator, floats) => {
          const payload = patternBytes(4 * floats);
          const [there] = pushAll(toWorker, encodeToWorker(forWorker, payload));
          expect(there?.message).toEqual(forWorker);
          expect(there?.payload).toEqual(payload);
          const back = forCoordinator.type === 'hello' ? new Uint8Array(0) : payload;
          const [here] = pushAll(toCoordinator, encodeToCoordinator(forCoordinator, back));
          expect(here?.message).toEqual(forCoordinator);
          expect(here?.payload).toEqual(back);
        },
      ),
    );
    for (const message of Object.values(toWorkerSamples)) {
      const carries = ['welcome', 'frozen', 'parameters', 'lease'].includes(message.type);
      const payload = carries ? patternBytes(8) : new Uint8Array(0);
      expect(pushAll(toWorker, encodeToWorker(message, payload))[0]?.message).toEqual(message);
    }
    for (const message of Object.values(toCoordinatorSamples)) {
      expect(pushAll(toCoordinator, encodeToCoordinator(message))[0]?.message).toEqual(message);
    }
  });

  it('joins chunks cut anywhere, and leaves no trace of the chunks in the message', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 500 }),
        fc.array(fc.nat(2000), { maxLength: 6 }),
        fc.boolean(),
        (floats, cuts, placed) => {
          const payload = patternBytes(4 * floats);
          const target = new Uint8Array(payload.length);
          const decoder = createToWorkerDecoder({ maximumPayload, ...(placed ? { place: () => target } : {}) });
          const message = toWorkerSamples.parameters;
          const frames = cutFrames(
            message,
            payload,
            cuts.filter((cut) => cut < payload.length),
          );
          const received = frames.map((frame) => decoder.push(frame));
          expect(received.slice(0, -1).every((result) => result === undefined)).toBe(true);
          expect(received.at(-1)).toEqual({ message, payload });
          if (placed) expect(received.at(-1)?.payload).toBe(target);
          expect(decoder.isMidMessage()).toBe(false);
        },
      ),
    );
  });

  it('carries parameters of several chunks, wherever their frames stand in memory', () => {
    const payload = patternBytes(3 * usualChunkBytes + 12);
    for (const shift of [0, 1, 4, 7]) {
      const frames = encodeToWorker(toWorkerSamples.parameters, payload).map((frame) => {
        const shifted = Buffer.alloc(frame.length + shift).subarray(shift);
        shifted.set(frame);
        return shifted;
      });
      const [received] = pushAll(createToWorkerDecoder({ maximumPayload }), frames);
      expect(received !== undefined && sameBytes(received.payload, payload)).toBe(true);
      expect((received?.payload.byteOffset ?? 1) % 8).toBe(0);
    }
  });

  it('reads a small payload in place if the frame is aligned, and copies it if not', () => {
    const payload = patternBytes(40);
    const [frame] = encodeToWorker(toWorkerSamples.lease, payload);
    if (frame === undefined) throw new Error('no frame');
    const decoder = createToWorkerDecoder({ maximumPayload });
    expect(decoder.push(frame)?.payload.buffer).toBe(frame.buffer);
    const shifted = new Uint8Array(frame.length + 1).subarray(1);
    shifted.set(frame);
    const copied = decoder.push(shifted)?.payload;
    expect(copied).toEqual(payload);
    expect(copied?.buffer).not.toBe(shifted.buffer);
    expect((copied?.byteOffset ?? 1) % 8).toBe(0);
  });

  it('asks for a place once per message with a payload, and copies there', () => {
    const target = new Uint8Array(2 * usualChunkBytes);
    const asked: string[] = [];
    const decoder = createToWorkerDecoder({
      maximumPayload,
      place: (message, bytes) => {
        asked.push(`${message.type} ${bytes}`);
        return message.type === 'parameters' ? target.subarray(0, bytes) : undefined;
      },
    });
    const large = patternBytes(2 * usualChunkBytes);
    pushAll(decoder, encodeToWorker(toWorkerSamples.parameters, large));
    expect(sameBytes(target, large)).toBe(true);
    pushAll(decoder, encodeToWorker(toWorkerSamples.parameters, patternBytes(16, 5)));
    expect(target.subarray(0, 16)).toEqual(patternBytes(16, 5));
    pushAll(decoder, encodeToWorker(toWorkerSamples.lease, patternBytes(9)));
    pushAll(decoder, encodeToWorker(toWorkerSamples.finished));
    expect(asked).toEqual([`parameters ${2 * usualChunkBytes}`, 'parameters 16', 'lease 9']);
  });

  it('lets the receiver refuse a message where it would be placed', () => {
    const decoder = createToWorkerDecoder({
      maximumPayload,
      place: (_, bytes) => {
        throw new ProtocolError('badMessage', `parameters of ${bytes} bytes`);
      },
    });
    const frames = encodeToWorker(toWorkerSamples.parameters, patternBytes(usualChunkBytes + 4));
    expect(refusal(decoder, frames.slice(0, 1))).toBe(`badMessage: parameters of ${usualChunkBytes + 4} bytes`);
  });

  it('throws a payload away that is to go nowhere, asks no more about it, and hands nothing on', () => {
    let asked = 0;
    const decoder = createToWorkerDecoder({
      maximumPayload,
      place: () => {
        asked += 1;
        return 'nowhere';
      },
    });
    const large = encodeToWorker(toWorkerSamples.parameters, patternBytes(2 * usualChunkBytes + 4));
    const flipped = large.map((frame) => withBitFlipped(frame, 8 * (frame.length - 1))); // Nobody looks at it.
    expect(pushAll(decoder, flipped)).toEqual([]);
    expect(asked).toBe(1);
    expect(pushAll(decoder, encodeToWorker(toWorkerSamples.lease, patternBytes(9)))).toEqual([]);
    expect(pushAll(decoder, encodeToWorker(toWorkerSamples.finished))).toHaveLength(1);
  });

  it('says how much of how long a message is here', () => {
    const decoder = createToWorkerDecoder({ maximumPayload });
    const progress = () => [decoder.arrivedBytes(), decoder.pendingBytes()];
    const bytes = usualChunkBytes + 8;
    const [first, last] = encodeToWorker(toWorkerSamples.parameters, patternBytes(bytes));
    if (first === undefined || last === undefined) throw new Error('two frames were expected');
    expect(progress()).toEqual([0, 0]);
    decoder.begin(first.length);
    expect(progress()).toEqual([0, first.length]);
    decoder.pushPiece(first.subarray(0, 5));
    expect(progress()).toEqual([5, first.length]);
    decoder.pushPiece(first.subarray(5, first.length - 3));
    expect(progress()).toEqual([usualChunkBytes - 3, bytes]);
    decoder.pushPiece(first.subarray(-3));
    decoder.begin(last.length);
    expect(progress()).toEqual([usualChunkBytes, bytes]);
    decoder.pushPiece(last);
    expect(progress()).toEqual([0, 0]);
  });

  it('takes a place of the wrong size for a mistake of its caller', () => {
    const decoder = createToWorkerDecoder({ maximumPayload, place: () => new Uint8Array(3) });
    expect(() => pushAll(decoder, encodeToWorker(toWorkerSamples.parameters, patternBytes(8)))).toThrow(
      'place() gave 3 bytes for the 8 of message "parameters"',
    );
  });

  it('keeps infinite and NaN losses: the coordinator judges them', () => {
    const decoder = createToCoordinatorDecoder({ maximumPayload });
    for (const lossSum of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const message = { ...toCoordinatorSamples.contribution, lossSum, metricSums: { accuracy: lossSum } };
      expect(pushAll(decoder, encodeToCoordinator(message))[0]?.message).toEqual(message);
    }
  });
});

describe('decoder, chunk rules', () => {
  const message = toWorkerSamples.parameters;
  const first = rawFrame({ ...message, payloadBytes: 16 }, patternBytes(8));
  const next = (offset: number, bytes: number) => rawFrame({ type: 'continuation', offset }, patternBytes(bytes));
  const refused = (...frames: Uint8Array[]) => refusal(createToWorkerDecoder({ maximumPayload }), frames);

  it('wants a first frame before a continuation', () => {
    expect(refused(next(0, 8))).toBe('badMessage: message of type "continuation": not one that may come now');
    expect(refused(first, next(8, 8), next(16, 8))).toContain('"continuation": not one that may come now');
  });

  it('lets no other message in between', () => {
    expect(refused(first, rawFrame(toWorkerSamples.finished))).toBe(
      'badMessage: message "finished", field type: Invalid type: Expected "continuation" but received "finished"',
    );
    expect(refused(first, first)).toContain('message "parameters", field type');
    expect(refused(first, rawFrame({ type: { toString: 1, valueOf: 1 } }))).toContain('message (object), field type');
  });

  it('wants each offset to follow, each chunk to hold something and the last to end the payload', () => {
    expect(refused(first, next(0, 8))).toBe('badMessage: continuation at offset 0: expected 8');
    expect(refused(first, next(9, 7))).toBe('badMessage: continuation at offset 9: expected 8');
    expect(refused(first, next(8, 0))).toBe('badMessage: continuation of 0 bytes: expected 1 to 8');
    expect(refused(first, next(8, 9))).toBe('badMessage: continuation of 9 bytes: expected 1 to 8');
    expect(refused(first, next(8, 1), next(9, 7))).toBeUndefined();
  });

  it('takes a message in a frame for each 16 KiB of it and 64 more, whatever their lengths, and no more', () => {
    const bytes = 20_000;
    const begin = () => {
      const decoder = createToWorkerDecoder({ maximumPayload });
      decoder.push(rawFrame({ ...message, payloadBytes: bytes }));
      for (let offset = 0; offset < 64; offset++) decoder.push(next(offset, 1));
      return decoder;
    };
    expect(refusal(begin(), [next(64, 1)])).toBeUndefined();
    expect(refusal(begin(), [next(64, 1), next(65, bytes - 65)])).toBe(
      'badMessage: message of 20000 bytes in more than 66 frames',
    );
    expect(begin().push(next(64, bytes - 64))?.payload).toHaveLength(bytes);
  });

  it('wants payloadBytes only where continuations follow', () => {
    expect(refused(rawFrame({ ...message, payloadBytes: 8 }, patternBytes(8)))).toBe(
      'badMessage: message "parameters", field payloadBytes: 8, but its first frame alone has 8',
    );
    expect(refused(rawFrame({ ...message, payloadBytes: 4 }, patternBytes(8)))).toContain('field payloadBytes: 4');
    expect(refused(rawFrame({ ...message, payloadBytes: 0 }, patternBytes(8)))).toContain('field payloadBytes');
    expect(refused(rawFrame({ ...toWorkerSamples.finished, payloadBytes: 8 }))).toContain('field payloadBytes');
  });

  it('refuses a payload beyond the limit at its first frame, before any memory is taken for it', () => {
    const claim = (payloadBytes: number) => rawFrame({ ...message, payloadBytes }, patternBytes(8));
    expect(refused(claim(maximumPayload + 4))).toBe(
      'messageTooLarge: message "parameters" with 1048580 bytes of payload: at most 1048576',
    );
    expect(refused(claim(Number.MAX_SAFE_INTEGER - 3))).toContain('messageTooLarge');
    const small = createToWorkerDecoder({ maximumPayload: 4 });
    expect(refusal(small, [rawFrame(message, patternBytes(8))])).toContain('messageTooLarge');
  });
});

describe('decoder, hostile messages', () => {
  const { hello, contribution, goodbye } = toCoordinatorSamples;
  const { lease } = toWorkerSamples;

  it('refuses what the other direction sends', () => {
    const { heartbeat: _there, ...toWorkerOnly } = toWorkerSamples;
    const { heartbeat: _back, ...toCoordinatorOnly } = toCoordinatorSamples;
    for (const message of Object.values(toWorkerOnly)) expect(coordinatorRefusal(message)).toContain('may come now');
    for (const message of Object.values(toCoordinatorOnly)) expect(workerRefusal(message)).toContain('may come now');
  });

  it.each([
    [{}, 'message of type (undefined)'],
    [{ type: 5 }, 'message of type (number)'],
    [{ type: 3n ** 39n }, 'message of type (bigint)'],
    [{ type: { toString: 1, valueOf: 1 } }, 'message of type (object)'],
    [{ type: 'long'.repeat(100) }, 'message of type "longlonglonglonglonglonglonglong":'],
    [{ type: 'nothing' }, 'message of type "nothing"'],
    [{ type: 'toString' }, 'message of type "toString"'],
    [{ type: '__proto__' }, 'message of type "__proto__"'],
    [{ ...hello, extra: 1 }, 'message "hello", field extra'],
    [{ ...hello, engineDigest: undefined }, 'header byte 0xd4'],
    [{ ...hello, engineDigest: null }, 'message "hello", field engineDigest'],
    [{ ...hello, engineDigest: '' }, 'message "hello", field engineDigest'],
    [{ type: 'hello', protocol: protocolVersion }, 'message "hello", field engineDigest'],
    [{ ...hello, protocol: '1' }, 'message "hello", field protocol'],
    [{ ...hello, probes: {} }, 'message "hello", field probes.portable'],
    [{ ...hello, probes: { portable: 'a', other: 'b' } }, 'message "hello", field probes.other'],
    [{ ...hello, probes: [] }, 'message "hello", field probes'],
    [{ ...hello, kind: 'toaster' }, 'message "hello", field kind'],
    [{ ...hello, cores: 0 }, 'message "hello", field cores'],
    [{ ...hello, engineDigest: 'a'.repeat(129) }, 'message "hello", field engineDigest'],
    [{ ...hello, engineDigest: 'E0' }, 'message "hello", field engineDigest'],
    [{ ...hello, cores: 4097 }, 'message "hello", field cores'],
    [{ ...hello, cores: 1.5 }, 'message "hello", field cores'],
    [{ ...hello, token: null }, 'message "hello", field token'],
    [{ ...contribution, lease: -1 }, 'message "contribution", field lease'],
    [{ ...contribution, lease: 2 ** 53 }, 'message "contribution", field lease'],
    [{ ...contribution, lease: 3n ** 39n }, 'message "contribution", field lease'],
    [{ ...contribution, work: { ...contribution.work, step: Number.NaN } }, 'message "contribution", field work.step'],
    [{ ...contribution, work: { kind: 'gradient' } }, 'message "contribution", field work.step'],
    [{ ...contribution, work: { ...contribution.work, more: 1 } }, 'message "contribution", field work.more'],
    [
      { ...contribution, work: { ...contribution.work, shard: { first: 0, count: 0 } } },
      'message "contribution", field work.shard.count',
    ],
    [
      { ...contribution, work: { ...contribution.work, shard: { first: 1, count: 2 } } },
      'message "contribution", field work.shard',
    ],
    [
      { ...contribution, work: { ...contribution.work, shard: { first: 2, count: 3 } } },
      'message "contribution", field work.shard',
    ],
    [{ ...contribution, samples: 0 }, 'message "contribution", field samples'],
    [{ ...contribution, lossSum: '1' }, 'message "contribution", field lossSum'],
    [{ ...contribution, lossSum: null }, 'message "contribution", field lossSum'],
    [{ ...contribution, metricSums: { accuracy: true } }, 'message "contribution", field metricSums.accuracy'],
    [{ ...contribution, metricSums: [1] }, 'message "contribution", field metricSums'],
    [
      { ...contribution, metricSums: Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`m${index}`, 1])) },
      'message "contribution", field metricSums',
    ],
    [{ ...contribution, metricSums: { ['m'.repeat(101)]: 1 } }, 'message "contribution", field metricSums.mmm'],
    [{ ...contribution, metricSums: { '1\n': 1 } }, 'message "contribution", field metricSums.1: '],
    [{ ...contribution, milliseconds: 86_400_001 }, 'message "contribution", field milliseconds'],
    [{ ...contribution, milliseconds: -1 }, 'message "contribution", field milliseconds'],
    [{ ...contribution, milliseconds: Number.POSITIVE_INFINITY }, 'message "contribution", field milliseconds'],
    [{ ...goodbye, reason: 4 }, 'message "goodbye", field reason'],
    [{ ...goodbye, reason: new Uint8Array(4) }, 'header byte 0xc4'],
    [new Map([[1, 2]]), 'map key that is not a string'],
    [[1], 'header is not a map'],
    [new Error('x'), 'header is not a map'],
  ])('to the coordinator: %o: %s', (header, expected) => {
    const found = coordinatorRefusal(header);
    expect(found).toContain('badMessage: ');
    expect(found).toContain(expected);
  });

  it.each([
    [{ ...lease, work: { ...lease.work, kind: 'fun' } }, 'message "lease", field work.kind'],
    [
      { ...lease, work: { ...lease.work, shard: { first: 2, count: 2, more: 1 } } },
      'message "lease", field work.shard.more',
    ],
    [{ ...lease, deadline: -0.5 }, 'message "lease", field deadline'],
    [{ type: 'parameters', step: 1.5 }, 'message "parameters", field step'],
    [{ type: 'welcome', workerId: '', jobDigest: 'x' }, 'message "welcome", field workerId'],
    [{ type: 'refused' }, 'message "refused", field reason'],
  ])('to the worker: %o: %s', (header, expected) => {
    expect(workerRefusal(header, patternBytes(4))).toContain(expected);
  });

  it('wants the payload that the type of the message has', () => {
    expect(workerRefusal(toWorkerSamples.welcome)).toContain(
      'message "welcome" with 0 bytes of payload: expected some',
    );
    expect(workerRefusal(lease)).toContain('message "lease" with 0 bytes of payload: expected some');
    expect(workerRefusal(toWorkerSamples.parameters)).toContain('expected a positive multiple of 4');
    expect(workerRefusal(toWorkerSamples.parameters, patternBytes(6))).toContain('expected a positive multiple of 4');
    expect(workerRefusal(toWorkerSamples.finished, patternBytes(4))).toContain('expected none');
    expect(coordinatorRefusal(hello, patternBytes(4))).toContain(
      'message "hello" with 4 bytes of payload: expected none',
    );
    expect(coordinatorRefusal(contribution, patternBytes(2))).toContain('expected a multiple of 4');
  });

  it.each([
    ['key', { ...hello, [longest]: 1 }],
    ['kind', { ...hello, kind: longest }],
    ['type', { type: longest }],
    ['token', { ...hello, token: longest }],
    ['metric', { ...contribution, metricSums: { [longest]: 1 } }],
  ])('quotes a %s of nearly a whole header so that the refusal can be sent', (_, header) => {
    const [, reason = ''] = /^badMessage: (.*)$/.exec(coordinatorRefusal(header) ?? '') ?? [];
    expect(reason.length).toBeGreaterThan(0);
    expect(reason.length).toBeLessThanOrEqual(maximumTextLength);
    expect(encodeToWorker({ type: 'refused', reason })).toHaveLength(1);
  });

  it('hands reasons on as plain text', () => {
    const decoder = createToCoordinatorDecoder({ maximumPayload });
    const reason = `bye\n\u001b[1mtest accuracy 100.00 %${longest.slice(0, 5_000)}`;
    expect(pushAll(decoder, [rawFrame({ type: 'goodbye', reason })])).toMatchObject([
      { message: { reason: plainText(reason) } },
    ]);
  });

  it('tells another protocol version from a broken hello, whatever else that version says', () => {
    const found = coordinatorRefusal({ type: 'hello', protocol: 1, engine: { digest: 'x' } });
    expect(found).toBe(
      'protocolMismatch: the worker speaks protocol 1, the coordinator protocol 6: use the same gradswarm version on both sides',
    );
  });

  it('accepts shards that are aligned groups, the last of a step cut short', () => {
    for (const shard of [
      { first: 0, count: 1 },
      { first: 5, count: 1 },
      { first: 4, count: 3 },
      { first: 0, count: 5 },
      { first: 8, count: 8 },
    ]) {
      expect(coordinatorRefusal({ ...contribution, work: { ...contribution.work, shard } })).toBeUndefined();
    }
  });

  it('refuses or decodes mutated frames, and nothing else happens', () => {
    const frames = [
      ...encodeToCoordinator(hello),
      ...encodeToCoordinator(contribution, patternBytes(64)),
      ...encodeToCoordinator(goodbye),
    ];
    const types: ReadonlySet<string> = new Set<ToCoordinator['type']>(['hello', 'contribution', 'goodbye']);
    fc.assert(
      fc.property(
        fc.constantFrom(...frames),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.nat(),
        (frame, mutations, cut) => {
          const mutated = frame.slice(0, cut % 4 === 0 ? cut % frame.length : frame.length);
          for (const [position, value] of mutations) mutated[position % mutated.length] = value;
          const decoder = createToCoordinatorDecoder({ maximumPayload });
          let received: Received<ToCoordinator> | undefined;
          if (refusal({ ...decoder, push: (bytes) => (received = decoder.push(bytes)) }, [mutated]) === undefined) {
            expect(received === undefined || types.has(received.message.type)).toBe(true);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});

/** Hands a frame over cut into pieces of the given lengths, each in memory that is used again. */
function pushInPieces<Message>(
  decoder: Decoder<Message>,
  frame: Uint8Array,
  lengths: readonly number[],
): Received<Message> | undefined {
  decoder.begin(frame.length);
  let received: Received<Message> | undefined;
  for (let start = 0, cut = 0; start < frame.length; cut++) {
    const piece = Buffer.from(frame.slice(start, start + (lengths[cut % lengths.length] ?? 1)));
    expect(received).toBeUndefined();
    received = decoder.pushPiece(piece);
    piece.fill(0xee);
    start += piece.length;
  }
  return received;
}

describe('decoder, changed bits', () => {
  const message = toWorkerSamples.parameters;
  const payload = patternBytes(120);
  const frames = cutFrames(message, payload, [40, 88]);
  const ways = {
    whole: (decoder: Decoder<ToWorker>, frame: Uint8Array) => decoder.push(frame),
    'in pieces': (decoder: Decoder<ToWorker>, frame: Uint8Array, lengths: readonly number[]) =>
      pushInPieces(decoder, frame, lengths),
  } as const;

  /** Pushes the frames, one bit of one of them changed: with what it ends. */
  function endOf(push: (frame: Uint8Array) => Received<ToWorker> | undefined, changed: number, bit: number): string {
    try {
      for (const [index, frame] of frames.entries()) {
        const received = push(index === changed ? withBitFlipped(frame, bit) : frame);
        if (received !== undefined) return 'a message';
      }
      return 'nothing';
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      return error.closeName;
    }
  }

  it.each(Object.entries(ways))('refuses a message of which any bit has changed, its frames %s', (_, push) => {
    const borders = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 4 });
    for (const [changed, frame] of frames.entries()) {
      for (let bit = 0; bit < 8 * frame.length; bit++) {
        const [lengths = []] = fc.sample(borders, { numRuns: 1, seed: bit });
        const target = bit % 2 === 0 ? new Uint8Array(payload.length) : undefined;
        const decoder = createToWorkerDecoder({ maximumPayload, place: () => target });
        const end = endOf((bytes) => push(decoder, bytes, lengths), changed, bit);
        const inLength = bit < 32;
        expect(inLength ? ['corrupted', 'badMessage', 'messageTooLarge'] : ['corrupted']).toContain(end);
      }
    }
  });

  it('refuses small messages of which any bit has changed, in both directions', () => {
    for (const sample of Object.values(toCoordinatorSamples)) {
      const [frame = new Uint8Array(0)] = encodeToCoordinator(sample);
      for (let bit = 32; bit < 8 * frame.length; bit++) {
        const changed = withBitFlipped(frame, bit);
        const found = refusal(createToCoordinatorDecoder({ maximumPayload }), [changed]);
        expect(found).toMatch(/^corrupted: frame with a wrong checksum of its (header|payload): bytes were changed/);
        const decoder = createToCoordinatorDecoder({ maximumPayload });
        expect(() => pushInPieces(decoder, changed, [7, 30])).toThrow('frame with a wrong checksum');
      }
    }
  });

  it('asks for no place, and judges no header, before the header has proved right', () => {
    const asked: string[] = [];
    const decoder = createToWorkerDecoder({
      maximumPayload,
      place: ({ type }) => {
        asked.push(type);
        return undefined;
      },
    });
    const [frame = new Uint8Array(0)] = frames;
    expect(() => pushInPieces(decoder, withBitFlipped(frame, 8 * 20), [1])).toThrow('checksum of its header');
    expect(asked).toEqual([]);
  });

  it('finds a bit that changed in the place, where the memory it stands in is known', async () => {
    const engine = await loadEngine('portable');
    const pointer = engine.allocate(payload.length);
    const decoder = createToWorkerDecoder({
      maximumPayload,
      place: (_, bytes) => engine.bytes(pointer, bytes),
      checksum: createChecksum([engine.memory]),
    });
    const [frame = new Uint8Array(0)] = encodeToWorker(message, payload);
    decoder.begin(frame.length);
    decoder.pushPiece(frame.subarray(0, frame.length - 1));
    const placed = engine.bytes(pointer, payload.length);
    placed.set(withBitFlipped(placed, 77));
    expect(() => decoder.pushPiece(frame.subarray(-1))).toThrow('checksum of its payload');
  });
});

describe('decoder, frames in pieces', () => {
  it('makes the same of them as of whole frames, wherever they are cut', () => {
    fc.assert(
      fc.property(
        anyLease,
        fc.integer({ min: 1, max: 300 }),
        fc.array(fc.nat(1200), { maxLength: 4 }),
        fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 5 }),
        fc.boolean(),
        (message, floats, cuts, lengths, placed) => {
          const payload = patternBytes(4 * floats);
          const target = new Uint8Array(payload.length);
          const decoder = createToWorkerDecoder({ maximumPayload, ...(placed ? { place: () => target } : {}) });
          const inside = cuts.filter((cut) => cut < payload.length);
          const results = cutFrames(message, payload, inside).map((frame) => pushInPieces(decoder, frame, lengths));
          const last = results.pop();
          expect(results.every((each) => each === undefined)).toBe(true);
          expect(last).toEqual({ message, payload });
          expect(last?.payload === target).toBe(placed);
          const [finished] = encodeToWorker(toWorkerSamples.finished);
          expect(finished && pushInPieces(decoder, finished, lengths)?.message).toEqual(toWorkerSamples.finished);
        },
      ),
    );
  });

  it('asks again for the place when its memory was detached on the way', () => {
    const payload = patternBytes(40_000);
    let memory = new ArrayBuffer(65_536);
    const asked: number[] = [];
    const decoder = createToWorkerDecoder({
      maximumPayload,
      place: (_, bytes) => {
        asked.push(bytes);
        return new Uint8Array(memory, 1000, bytes);
      },
    });
    const [frame = new Uint8Array(0)] = encodeToWorker(toWorkerSamples.parameters, payload);
    decoder.begin(frame.length);
    expect(decoder.pushPiece(frame.subarray(0, 20_000))).toBeUndefined();
    memory = structuredClone(memory, { transfer: [memory] });
    const received = decoder.pushPiece(frame.subarray(20_000));
    expect(asked).toEqual([40_000, 40_000]);
    expect(received?.payload.buffer).toBe(memory);
    expect(received !== undefined && sameBytes(received.payload, payload)).toBe(true);
  });

  const unread = new Uint8Array(12);

  it.each([
    [Uint8Array.of(), 'badMessage: frame of 0 bytes: too short'],
    [Uint8Array.of(1, 0, 0), 'badMessage: frame of 3 bytes: too short'],
    [Uint8Array.of(0, 0, 0, 0, ...unread), 'badMessage: header of 0 bytes'],
    [Uint8Array.of(0, 0, 0, 1, ...unread), 'badMessage: header of 16777216 bytes'],
    [Uint8Array.of(9, 0, 0, 0, ...unread), 'badMessage: frame of 16 bytes ends before its payload at 24'],
    [Uint8Array.of(1, 0, 0, 0, ...unread), 'corrupted: frame with a wrong checksum of its header'],
  ])('refuses %o at the first byte that shows it', (frame, expected) => {
    const decoder = createToWorkerDecoder({ maximumPayload });
    expect(() => pushInPieces(decoder, frame, [1])).toThrow(ProtocolError);
    expect(refusal(decoder, [frame])).toContain(expected);
  });

  it('refuses a payload longer than any before any of it has come', () => {
    const frame = rawFrame(toWorkerSamples.parameters, new Uint8Array(maximumChunkBytes + 4));
    const decoder = createToWorkerDecoder({ maximumPayload });
    decoder.begin(frame.length);
    expect(() => decoder.pushPiece(frame.subarray(0, 4))).toThrow('bytes of payload: at most');
  });
});
