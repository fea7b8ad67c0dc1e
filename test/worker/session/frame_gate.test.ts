import { describe, expect, it } from 'vitest';
import { FrameGate } from '../../../worker/session/frame_gate.ts';

/** A gate with room for so many bytes of frames, each of which costs 256 besides. */
function gateFor(room: number) {
  const passed: number[] = [];
  let refused = 0;
  const gate = new FrameGate(
    {
      push: (frame) => passed.push(frame[0] ?? -1),
      begin: () => undefined,
      pushPiece: (piece) => passed.push(piece[0] ?? -1),
    },
    room,
    () => {
      refused += 1;
    },
  );
  return { gate, passed, refused: () => refused };
}

const frame = (first: number, bytes = 44) => new Uint8Array(bytes).fill(first);

describe('a gate of frames', () => {
  it('holds frames in order while it is shut', () => {
    const { gate, passed } = gateFor(10_000);
    gate.push(frame(1));
    gate.shut();
    gate.push(frame(2));
    gate.begin(44);
    gate.pushPiece(frame(3, 20));
    gate.pushPiece(frame(3, 24));
    expect(passed).toEqual([1]);
    gate.open();
    expect(passed).toEqual([1, 2, 3]);
  });

  it('refuses what finds no room, and has room again once it was opened', () => {
    const { gate, passed, refused } = gateFor(600);
    for (const round of [1, 2]) {
      gate.shut();
      gate.push(frame(1));
      gate.push(frame(2));
      expect(refused()).toBe(round - 1);
      gate.push(frame(3));
      expect(refused()).toBe(round);
      gate.open();
    }
    expect(passed).toEqual([1, 2, 1, 2]);
  });

  it('counts what a frame costs besides its bytes', () => {
    const { gate, refused } = gateFor(1_000);
    gate.shut();
    for (let count = 0; count < 10; count++) gate.push(frame(1, 1));
    expect(refused()).toBe(7);
  });
});
