import { describe, expect, it } from 'vitest';
import { type FrameSender, ParameterFrames } from '../../../coordinator/connections/parameter_frames.ts';
import { createToWorkerDecoder } from '../../../shared/protocol/decode.ts';
import { FramePool } from '../../../shared/protocol/frame_pool.ts';

/** A sender that takes its time: frames are looked at when they are said to be sent. */
class SlowSender implements FrameSender {
  readonly sent: (readonly Uint8Array[])[] = [];
  held = 0;
  isGone = false;
  readonly account = {
    add: (change: number) => {
      if (!this.isGone) this.held += change;
      return !this.isGone;
    },
  };
  readonly #finish: (() => void)[] = [];

  sendShared(frames: readonly Uint8Array[], onSent: () => void): void {
    this.sent.push(frames);
    this.#finish.push(onSent);
  }

  finish(): void {
    for (const onSent of this.#finish.splice(0)) onSent();
  }
}

const bytes = 40_000;
const parametersOf = (step: number) => () => new Uint8Array(bytes).fill(step);

function stepIn(frames: readonly Uint8Array[] | undefined): number | undefined {
  const decoder = createToWorkerDecoder({ maximumPayload: bytes });
  const received = (frames ?? []).map((frame) => decoder.push(frame)).at(-1);
  if (received?.message.type !== 'parameters') throw new Error('no parameters');
  expect(new Set(received.payload)).toEqual(new Set([received.message.step]));
  return received.message.step;
}

describe('ParameterFrames', () => {
  it('encodes the parameters once a step, however many workers get them', () => {
    const frames = new ParameterFrames(new FramePool());
    const senders = Array.from({ length: 50 }, () => new SlowSender());
    let read = 0;
    for (let step = 0; step < 3; step++) {
      for (const sender of senders) {
        frames.send(
          step,
          () => {
            read += 1;
            return parametersOf(step)();
          },
          sender,
        );
      }
    }
    expect(read).toBe(3);
    for (const { sent } of senders) {
      expect(sent.map(stepIn)).toEqual([0, 1, 2]);
      expect(sent).toEqual(senders[0]?.sent);
    }
  });

  it('uses memory again only when every worker has taken it over', () => {
    const allocated: Uint8Array[] = [];
    const pool = new FramePool((size) => {
      const memory = new Uint8Array(size);
      allocated.push(memory);
      return memory;
    });
    const frames = new ParameterFrames(pool);
    const [quick, slow] = [new SlowSender(), new SlowSender()];
    for (let step = 1; step <= 20; step++) {
      frames.send(step, parametersOf(step), quick);
      quick.finish();
      if (step === 3) frames.send(step, parametersOf(step), slow);
      if (step === 15) {
        expect(stepIn(slow.sent[0])).toBe(3);
        slow.finish();
      }
    }
    expect(allocated.length).toBeLessThanOrEqual(3);
  });

  it('charges frames that are outdated to one of those who have not taken them, in turn', () => {
    const frames = new ParameterFrames(new FramePool());
    const senders = [new SlowSender(), new SlowSender(), new SlowSender()] as const;
    const held = () => senders.map((sender) => Math.round(sender.held / bytes));
    for (const sender of senders) frames.send(1, parametersOf(1), sender);
    frames.send(2, parametersOf(2), senders[0]);
    expect(held()).toEqual([0, 0, 0]);
    frames.send(3, parametersOf(3), senders[0]);
    expect(held()).toEqual([1, 0, 0]);
    senders[1].isGone = true;
    senders[0].finish();
    expect(held()).toEqual([0, 0, 1]);
    senders[2].finish();
    expect(held()).toEqual([0, 0, 0]);
  });

  it('keeps the parameters of the newest two steps that it sent, in as many frames as they took', () => {
    const large = 600_000;
    const frames = new ParameterFrames(new FramePool());
    const sender = new SlowSender();
    for (const step of [3, 4, 5]) {
      frames.send(step, () => new Uint8Array(large).fill(step), sender);
      sender.finish();
    }
    const target = new Uint8Array(large);
    for (const step of [4, 5]) {
      expect(frames.copyTo(target, step)).toBe(true);
      expect(new Set(target)).toEqual(new Set([step]));
    }
    expect(frames.copyTo(target, 3)).toBe(false);
    expect(new Set(target)).toEqual(new Set([5]));
  });
});
