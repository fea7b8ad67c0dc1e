import { describe, expect, it } from 'vitest';
import { FrozenFrames } from '../../../coordinator/connections/frozen_frames.ts';
import { Outgoing } from '../../../coordinator/connections/outgoing.ts';
import { checksumOfCopies } from '../../../shared/protocol/checksum.ts';
import { createToWorkerDecoder } from '../../../shared/protocol/decode.ts';
import { usualChunkBytes } from '../../../shared/protocol/limits.ts';
import { patternBytes } from '../../shared/protocol/samples.ts';

const digest = 'ab'.repeat(32);

describe('frozen weights on their way to workers', () => {
  it('are encoded once, and come whole', () => {
    const content = patternBytes(2 * usualChunkBytes + 8);
    let encoded = 0;
    const bytes = () => {
      encoded += 1;
      return content;
    };
    const frames = new FrozenFrames({ digest, bytes }, checksumOfCopies);
    for (const held of [undefined, 'cd'.repeat(32)]) {
      const decoder = createToWorkerDecoder({ maximumPayload: 2 ** 30 });
      const received: ReturnType<typeof decoder.push>[] = [];
      const take = (given: readonly Uint8Array[]) => received.push(...given.map((frame) => decoder.push(frame)));
      frames.send({ sendShared: take }, held);
      const last = received.pop();
      expect(received).toEqual([undefined, undefined]);
      expect(last?.message).toEqual({ type: 'frozen', digest });
      expect(Buffer.from(last?.payload ?? []).equals(content)).toBe(true);
    }
    expect(encoded).toBe(1);
  });

  it('are not sent to who holds them', () => {
    const frames = new FrozenFrames({ digest, bytes: () => patternBytes(8) }, checksumOfCopies);
    frames.send({ sendShared: () => expect.unreachable() }, digest);
  });

  it('show life as they are taken over, one frame after the other', () => {
    let now = 0;
    const taken: (() => void)[] = [];
    const send = (_: unknown, onSent: () => void) => taken.push(onSent);
    const outgoing = new Outgoing({
      connection: { send, close: () => undefined },
      account: { add: () => true },
      clock: { now: () => now, schedule: () => () => undefined },
      maximum: 2 ** 30,
      onOverflow: () => expect.unreachable(),
    } as unknown as ConstructorParameters<typeof Outgoing>[0]);
    const frames = new FrozenFrames({ digest, bytes: () => patternBytes(4 * usualChunkBytes) }, checksumOfCopies);
    frames.send({ sendShared: (given, onSent) => outgoing.sendShared(given, onSent) }, undefined);
    expect(outgoing.oldest?.since).toBe(0);
    now = 15_000;
    taken.shift()?.();
    expect(outgoing.oldest?.since).toBe(15_000);
    expect(outgoing.oldest?.bytes).toBeGreaterThan(3 * usualChunkBytes);
  });
});
