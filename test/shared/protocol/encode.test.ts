import { describe, expect, it } from 'vitest';
import { loadEngine } from '../../../shared/engine/engine.ts';
import { InputError } from '../../../shared/errors.ts';
import { createChecksum } from '../../../shared/protocol/checksum.ts';
import { createToCoordinatorDecoder } from '../../../shared/protocol/decode.ts';
import { encodeToCoordinator, encodeToWorker } from '../../../shared/protocol/encode.ts';
import { maximumFrameBytes, usualChunkBytes } from '../../../shared/protocol/limits.ts';
import { plainText } from '../../../shared/protocol/plain_text.ts';
import { fromHex, hex, patternBytes, toCoordinatorSamples, toWorkerSamples } from './samples.ts';
import { slowChecksum } from './xxh64.ts';

const ascii = (text: string) => Buffer.from(text).toString('hex');
/** A MessagePack string shorter than 32 bytes, as hex. */
const string = (text: string) => (0xa0 + text.length).toString(16) + ascii(text);

/** A MessagePack string of 32 to 255 bytes, as hex. */
const longString = (text: string) => `d9${text.length.toString(16)}${ascii(text)}`;

const nothing = '';
const work =
  `83${string('kind')}${string('gradient')}${string('step')}07` +
  `${string('shard')}82${string('first')}02${string('count')}02`;
const vectors = {
  welcome: [
    `83${string('type')}${string('welcome')}${string('workerId')}${string('w1')}${string('jobDigest')}${string('ab')}`,
    ascii('{"graph":{}}'),
  ],
  refused: [`82${string('type')}${string('refused')}${string('reason')}${string('no')}`, nothing],
  frozen: [
    `82${string('type')}${string('frozen')}${string('digest')}${longString('f0'.repeat(32))}`,
    '0000803f000000c0',
  ],
  parameters: [`82${string('type')}${string('parameters')}${string('step')}07`, '0000803f000000c0'],
  lease: [
    `86${string('type')}${string('lease')}${string('lease')}03${string('work')}${work}` +
      `${string('parameters')}07${string('samples')}32${string('deadline')}cd05dc`,
    '00ff80',
  ],
  stopped: [`82${string('type')}${string('stopped')}${string('reason')}${string('later')}`, nothing],
  finished: [`82${string('type')}${string('finished')}${string('reason')}${string('done')}`, nothing],
  warning: [`82${string('type')}${string('warning')}${string('reason')}${string('not finite')}`, nothing],
  heartbeat: [`82${string('type')}${string('heartbeat')}${string('beat')}03`, nothing],
  hello: [
    `8a${string('type')}${string('hello')}${string('protocol')}06${string('engineDigest')}${string('e0')}` +
      `${string('probes')}82${string('portable')}${string('a0')}${string('fused')}${string('f0')}` +
      `${string('kind')}${string('node')}${string('cores')}04${string('threads')}02${string('token')}${string('t')}${string('holds')}${longString('f0'.repeat(32))}` +
      `${string('volunteer')}82${string('key')}${longString('a0'.repeat(16))}${string('name')}${string('Ada')}`,
    nothing,
  ],
  contribution: [
    `87${string('type')}${string('contribution')}${string('lease')}03${string('work')}${work}${string('samples')}32` +
      `${string('lossSum')}cb3ff8000000000000${string('metricSums')}81${string('accuracy')}28` +
      `${string('milliseconds')}cb3fd0000000000000`,
    '0000803f',
  ],
  goodbye: [`82${string('type')}${string('goodbye')}${string('reason')}${string('bye')}`, nothing],
} as const;

const u32 = (value: number) => hex(new Uint8Array(Uint32Array.of(value).buffer));

/** The frame that header and payload (hex) make. */
function frameHex(header: string, payload: string): string {
  const bytes = header.length / 2;
  const padded = header + '00'.repeat((8 - ((12 + bytes) % 8)) % 8);
  const headerChecksum = slowChecksum(fromHex(padded), bytes);
  return u32(bytes) + u32(headerChecksum) + u32(slowChecksum(fromHex(payload), headerChecksum)) + padded + payload;
}

describe('encode', () => {
  it.each(Object.values(toWorkerSamples))('writes $type byte for byte', (message) => {
    const [header, payload] = vectors[message.type];
    expect(encodeToWorker(message, fromHex(payload)).map(hex)).toEqual([frameHex(header, payload)]);
  });

  it.each(Object.values(toCoordinatorSamples))('writes $type byte for byte', (message) => {
    const [header, payload] = vectors[message.type];
    expect(encodeToCoordinator(message, fromHex(payload)).map(hex)).toEqual([frameHex(header, payload)]);
  });

  it('writes a large message byte for byte: the total in its first frame, then continuations', () => {
    const payload = patternBytes(2 * usualChunkBytes + 4);
    const frames = encodeToWorker(toWorkerSamples.parameters, payload).map(hex);
    const chunk = (index: number) => hex(payload.subarray(index * usualChunkBytes, (index + 1) * usualChunkBytes));
    const continuation = `82${string('type')}${string('continuation')}${string('offset')}`;
    const first = `83${string('type')}${string('parameters')}${string('step')}07${string('payloadBytes')}ce00040004`;
    expect(frames).toHaveLength(3);
    expect(frames[0] === frameHex(first, chunk(0))).toBe(true);
    expect(frames[1] === frameHex(`${continuation}ce00020000`, chunk(1))).toBe(true);
    expect(frames[2] === frameHex(`${continuation}ce00040000`, chunk(2))).toBe(true);
  });

  it('writes the examples of PROTOCOL.md', () => {
    const floats = fromHex('0000803f000000c0');
    expect([
      ...encodeToWorker(toWorkerSamples.finished).map(hex),
      ...encodeToWorker(toWorkerSamples.parameters, floats).map(hex),
    ]).toEqual([
      '1b000000b09d1472d59000ba82a474797065a866696e6973686564a6726561736f6ea4646f6e6500',
      '170000008ba2d2ae564f961782a474797065aa706172616d6574657273a4737465700700000000000000803f000000c0',
    ]);
  });

  it('writes the same frames wherever the payload lives', async () => {
    const engine = await loadEngine('portable');
    const payload = engine.bytes(engine.allocate(usualChunkBytes + 1000), usualChunkBytes + 1000);
    payload.set(patternBytes(payload.length));
    const inPlace = encodeToWorker(toWorkerSamples.parameters, payload, { checksum: createChecksum([engine.memory]) });
    const copied = encodeToWorker(toWorkerSamples.parameters, payload);
    expect(inPlace.map(hex).every((frame, index) => frame === hex(copied[index] ?? payload))).toBe(true);
  });

  it('cuts at 128 KiB exactly', () => {
    const frames = (bytes: number) => encodeToWorker(toWorkerSamples.parameters, new Uint8Array(bytes)).length;
    expect([0, usualChunkBytes, usualChunkBytes + 1, 2 * usualChunkBytes].map(frames)).toEqual([1, 1, 2, 2]);
    for (const frame of encodeToWorker(toWorkerSamples.parameters, new Uint8Array(3 * usualChunkBytes))) {
      expect(frame.length).toBeLessThanOrEqual(maximumFrameBytes);
    }
  });

  it('cuts smaller chunks if it is told to, which make the same message', () => {
    const payload = patternBytes(1000);
    const frames = encodeToCoordinator(toCoordinatorSamples.contribution, payload, { chunkBytes: 64 });
    expect(frames).toHaveLength(16);
    const decoder = createToCoordinatorDecoder({ maximumPayload: 1000 });
    const received = frames.map((frame) => decoder.push(frame)).at(-1);
    expect(received).toEqual({ message: toCoordinatorSamples.contribution, payload });
  });

  it('puts every frame at a multiple of 8, so that receivers in the same process read in place', () => {
    for (const message of [toWorkerSamples.parameters, { ...toWorkerSamples.parameters, step: 1000 }]) {
      const frames = encodeToWorker(message, new Uint8Array(3 * usualChunkBytes + 3));
      expect(frames.map((frame) => frame.byteOffset % 8)).toEqual([0, 0, 0, 0]);
    }
  });

  it('makes frames that own their bytes: changing the payload afterwards changes nothing', () => {
    const payload = patternBytes(usualChunkBytes + 100);
    const frames = encodeToWorker(toWorkerSamples.parameters, payload);
    const before = frames.map(hex);
    payload.fill(0);
    expect(frames.map(hex).every((frame, index) => frame === before[index])).toBe(true);
  });

  it('writes every byte of memory that held something else', () => {
    const dirty = (bytes: number) => new Uint8Array(bytes).fill(0xee);
    for (const payload of [new Uint8Array(0), patternBytes(5), patternBytes(usualChunkBytes + 5)]) {
      const message = toCoordinatorSamples.contribution;
      const clean = encodeToCoordinator(message, payload).map(hex);
      const written = encodeToCoordinator(message, payload, { allocate: dirty }).map(hex);
      expect(written.every((frame, index) => frame === clean[index])).toBe(true);
    }
  });

  it('refuses a header that no frame can carry', () => {
    const metricSums = Object.fromEntries(Array.from({ length: 2_000 }, (_, index) => [`metric-${index}`, 1]));
    const message = { ...toCoordinatorSamples.contribution, metricSums };
    expect(() => encodeToCoordinator(message)).toThrow(InputError);
    expect(() => encodeToCoordinator(message)).toThrow(
      /^message "contribution" has \d+ bytes of header: at most 16384$/,
    );
  });

  it.each(['refused', 'finished', 'warning'] as const)(
    'makes the reason of %s plain text, whatever it quotes',
    (type) => {
      const reason = `${'\u{ff}'.repeat(16_000)}\n`;
      const plain = { type, reason: plainText(reason) };
      expect(encodeToWorker({ type, reason }).map(hex)).toEqual(encodeToWorker(plain).map(hex));
    },
  );
});
