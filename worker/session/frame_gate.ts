// Lets frames through to the decoder, or holds them in order while it cannot take them: parameters are written straight
// into the model's memory, which is not there before the model is compiled.

/** Takes frames, whole or in pieces, like a decoder. */
export interface FrameSink {
  readonly push: (frame: Uint8Array) => void;
  readonly begin: (frameBytes: number) => void;
  readonly pushPiece: (piece: Uint8Array) => void;
}

export class FrameGate implements FrameSink {
  readonly #sink: FrameSink;
  #isOpen = true;
  readonly #held: Uint8Array[] = [];
  /** A frame whose pieces are put together here, since it began while the gate was shut. */
  #partial: { readonly bytes: Uint8Array; received: number } | undefined;

  constructor(sink: FrameSink) {
    this.#sink = sink;
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
      this.#sink.push(frame);
    }
  }

  push(frame: Uint8Array): void {
    if (this.#isOpen) this.#sink.push(frame);
    else this.#held.push(frame);
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
}
