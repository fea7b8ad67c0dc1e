// Lets frames through to the decoder, or holds them in order while it cannot take them: parameters are written straight
// into the model's memory, which is not there before the model is compiled. How much it holds is bounded.

/** Takes frames, whole or in pieces, like a decoder. */
export interface FrameSink {
  readonly push: (frame: Uint8Array) => void;
  readonly begin: (frameBytes: number) => void;
  readonly pushPiece: (piece: Uint8Array) => void;
}

/** Bytes that a frame costs besides its own. */
const frameOverhead = 256;

export class FrameGate implements FrameSink {
  readonly #sink: FrameSink;
  readonly #room: number;
  readonly #onFull: () => void;
  #isOpen = true;
  readonly #held: Uint8Array[] = [];
  /** Of the frames held. */
  #bytes = 0;
  /** A frame whose pieces are put together here, since it began while the gate was shut. */
  #partial: { readonly bytes: Uint8Array; received: number } | undefined;

  /**
   * @param room bytes of frames, and of what each costs besides, that may be held
   * @param onFull called for each frame that finds no room, and is dropped
   */
  constructor(sink: FrameSink, room: number, onFull: () => void) {
    this.#sink = sink;
    this.#room = room;
    this.#onFull = onFull;
  }

  /** Holds frames from here on. */
  shut(): void {
    this.#isOpen = false;
  }

  /** Hands on the frames held, and all that follow; stops at one that shuts the gate again. */
  open(): void {
    this.#isOpen = true;
    while (this.#isOpen) {
      const frame = this.#held.shift();
      if (frame === undefined) return;
      this.#bytes -= frame.length + frameOverhead;
      this.#sink.push(frame);
    }
  }

  push(frame: Uint8Array): void {
    if (this.#isOpen) this.#sink.push(frame);
    else this.#hold(frame);
  }

  begin(frameBytes: number): void {
    if (this.#isOpen || frameBytes === 0) this.#sink.begin(frameBytes);
    else this.#partial = { bytes: new Uint8Array(frameBytes), received: 0 };
  }

  pushPiece(piece: Uint8Array): void {
    const partial = this.#partial;
    if (partial === undefined) {
      this.#sink.pushPiece(piece);
      return;
    }
    partial.bytes.set(piece, partial.received);
    partial.received += piece.length;
    if (partial.received < partial.bytes.length) return;
    this.#partial = undefined;
    this.push(partial.bytes);
  }

  #hold(frame: Uint8Array): void {
    const bytes = frame.length + frameOverhead;
    if (this.#bytes + bytes > this.#room) {
      this.#onFull();
      return;
    }
    this.#bytes += bytes;
    this.#held.push(frame);
  }
}
