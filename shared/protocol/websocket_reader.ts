// Takes the large binary frames of a WebSocket out of its bytes (RFC 6455, section 5.2) and hands their payload on piece
// by piece, without a copy. It reads only what our own senders send: unfragmented binary frames, masked by clients and not
// by servers. It refuses text at its first header, and messages in more or larger fragments than anybody needs. Everything
// else (control frames, fragments, nonsense) passes through as it is, for a complete WebSocket implementation to answer or
// to refuse.

import { ProtocolError, textRefused } from './close_codes.ts';
import { maximumFragments } from './limits.ts';
import { maskBytes, unmask } from './unmask.ts';

const finalBinary = 0x82;
const finalBit = 0x80;
const maskBit = 0x80;
const textOpcode = 1;
const closeOpcode = 8;

/** Of a header with a length of 64 bits and a mask. */
const maximumHeaderBytes = 14;

export interface BinaryFrameHandlers {
  /** A binary frame begins: its payload of so many bytes follows, in pieces. */
  readonly onFrameStart: (bytes: number) => void;
  /** The next piece, unmasked, at least one byte, to be read before this returns: the memory is used again. */
  readonly onFramePiece: (piece: Uint8Array) => void;
  /** What came is not allowed; called at most once, and nothing is handed on after it. */
  readonly onRefused: (error: ProtocolError) => void;
}

/** What is told of what passes through, so that it can be limited. */
export interface PassageHandlers {
  /** A control frame begins. */
  readonly onControlFrame?: () => void;
  /** Bytes of the message that comes in fragments, as far as they have been announced; 0 when it has come. */
  readonly onFragment?: (bytes: number) => void;
}

export interface WebSocketReaderOptions extends BinaryFrameHandlers, PassageHandlers {
  /** True where clients' frames are read: these must be masked, a server's must not. */
  readonly masked: boolean;
  /** The longest payload to be taken out, in bytes; a longer one passes through. */
  readonly maximumFrame: number;
  /** Bytes that pass through, in order; theirs to keep. */
  readonly onOther: (bytes: Uint8Array) => void;
}

type Taking = 'header' | 'binary' | 'other' | 'nothing';

export class WebSocketReader {
  readonly #options: WebSocketReaderOptions;
  readonly #header = new Uint8Array(maximumHeaderBytes);
  #headerLength = 0;
  #taking: Taking = 'header';
  /** Payload bytes of this frame still to come, and those that have. */
  #left = 0;
  #come = 0;
  /** Of this frame; undefined if it is masked with zeros, as Node workers do, or not at all. */
  #mask: Uint8Array | undefined;
  /** Of the fragmented message that passes through, if one does. */
  #fragments = 0;
  #fragmentBytes = 0;
  #isLastFragment = false;
  /** True once a close has begun, behind which nothing may come. */
  #closing = false;
  #thrownAway = 0;

  constructor(options: WebSocketReaderOptions) {
    this.#options = options;
  }

  /** Bytes that came when nothing was taken any more. */
  get thrownAway(): number {
    return this.#thrownAway;
  }

  /** Takes the next bytes of the connection, cut anywhere. Those of a masked binary frame are unmasked in place. */
  push(bytes: Uint8Array): void {
    let position = 0;
    while (position < bytes.length && this.#taking !== 'nothing') {
      if (this.#taking === 'header') {
        position = this.#collectHeader(bytes, position);
        continue;
      }
      const end = Math.min(bytes.length, position + this.#left);
      const piece = bytes.subarray(position, end);
      position = end;
      this.#left -= piece.length;
      const binary = this.#taking === 'binary';
      if (this.#left === 0) this.#endFrame();
      if (binary) this.#takePiece(piece);
      else this.#options.onOther(new Uint8Array(piece)); // A Buffer's slice() would be no copy.
    }
    this.#thrownAway += bytes.length - position;
  }

  /** From here on everything is thrown away. */
  stop(): void {
    this.#taking = 'nothing';
  }

  #takePiece(piece: Uint8Array): void {
    if (this.#mask !== undefined) unmask(piece, this.#mask, this.#come);
    this.#come += piece.length;
    this.#options.onFramePiece(piece);
  }

  #endFrame(): void {
    this.#taking = this.#closing ? 'nothing' : 'header';
    if (!this.#isLastFragment) return;
    this.#isLastFragment = false;
    this.#fragments = 0;
    this.#fragmentBytes = 0;
    this.#options.onFragment?.(0);
  }

  /** Returns the position behind what it took. */
  #collectHeader(bytes: Uint8Array, start: number): number {
    const header = this.#header;
    let position = start;
    while (this.#headerLength < this.#neededHeader() && position < bytes.length) {
      header[this.#headerLength] = bytes[position] ?? 0;
      this.#headerLength += 1;
      position += 1;
    }
    if (this.#headerLength === this.#neededHeader()) this.#beginFrame();
    return position;
  }

  /** Bytes of the header, as far as can be told from those that are here: text is refused by its first. */
  #neededHeader(): number {
    if (this.#headerLength < 2) return this.#headerLength === 1 && opcodeOf(this.#header) === textOpcode ? 1 : 2;
    const second = this.#header[1] ?? 0;
    const shortLength = second & 0x7f;
    return 2 + (shortLength === 126 ? 2 : shortLength === 127 ? 8 : 0) + (second & maskBit ? maskBytes : 0);
  }

  #beginFrame(): void {
    const { maximumFrame, onFrameStart } = this.#options;
    const header = this.#header.subarray(0, this.#headerLength);
    this.#headerLength = 0;
    if (opcodeOf(header) === textOpcode) {
      this.#refuse(textRefused());
      return;
    }
    const bytes = payloadBytes(header);
    const masked = isMasked(header);
    const fits = bytes <= maximumFrame && masked === this.#options.masked;
    this.#left = bytes;
    if (header[0] !== finalBinary || this.#fragments > 0 || !fits) {
      this.#passThrough(header);
      return;
    }
    this.#taking = bytes === 0 ? 'header' : 'binary';
    const mask = masked ? header.slice(-maskBytes) : undefined;
    this.#mask = mask?.some((byte) => byte !== 0) ? mask : undefined;
    this.#come = 0;
    onFrameStart(bytes);
  }

  #passThrough(header: Uint8Array): void {
    const opcode = opcodeOf(header);
    this.#closing = opcode === closeOpcode;
    if (opcode < closeOpcode) this.#countFragment(((header[0] ?? 0) & finalBit) !== 0);
    else this.#options.onControlFrame?.();
    if (this.#taking === 'nothing') return;
    this.#taking = 'other';
    if (this.#left === 0) this.#endFrame();
    this.#options.onOther(new Uint8Array(header));
  }

  #countFragment(isLast: boolean): void {
    if (isLast && this.#fragments === 0) return; // A whole frame that is not for us, for the other reader to refuse.
    const { maximumFrame, onFragment } = this.#options;
    this.#fragments += 1;
    this.#fragmentBytes += this.#left;
    this.#isLastFragment = isLast;
    if (this.#fragments > maximumFragments) {
      this.#refuse(new ProtocolError('badMessage', `frame in more than ${maximumFragments} fragments`));
    } else if (this.#fragmentBytes > maximumFrame) {
      this.#refuse(new ProtocolError('messageTooLarge', `fragments of more than ${maximumFrame} bytes`));
    } else onFragment?.(this.#fragmentBytes);
  }

  #refuse(error: ProtocolError): void {
    this.stop();
    this.#options.onRefused(error);
  }
}

function opcodeOf(header: Uint8Array): number {
  return (header[0] ?? 0) & 0x0f;
}

function isMasked(header: Uint8Array): boolean {
  return ((header[1] ?? 0) & maskBit) !== 0;
}

/** The length of the payload, exact up to 2^53. */
function payloadBytes(header: Uint8Array): number {
  const shortLength = (header[1] ?? 0) & 0x7f;
  if (shortLength < 126) return shortLength;
  let length = 0;
  for (const byte of header.subarray(2, shortLength === 126 ? 4 : 10)) length = length * 256 + byte;
  return length;
}
