// Still WebP pictures joined to one that moves, as the WebP container has it (RFC 9649, "WebP Image Format", sections 2.5 to
// 2.7): VP8X says that it is animated, ANIM how often, an ANMF chunk holds each frame.

export interface Frame {
  /** A still WebP picture of the whole size. */
  readonly picture: Uint8Array;
  /** Milliseconds for which it is shown. */
  readonly duration: number;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** In the header of VP8X. */
const animationFlag = 0x02;

/** In the header of a frame: its pixels replace what was there before. */
const replaces = 0x02;

/** Chunks of a still picture that are its pixels. */
const pixelChunks: ReadonlySet<string> = new Set(['ALPH', 'VP8 ', 'VP8L']);

/** Shown again and again. @throws {Error} if a frame is no WebP picture. */
export function animatedWebp(frames: readonly Frame[], { width, height }: Size): Buffer {
  const size = [...u24(width - 1), ...u24(height - 1)];
  const canvas = chunk('VP8X', Buffer.from([animationFlag, 0, 0, 0, ...size]));
  // Background colour, and 0 times: for ever.
  const animation = chunk('ANIM', Buffer.alloc(6));
  const parts = frames.map(({ picture, duration }) => {
    const header = Buffer.from([...u24(0), ...u24(0), ...size, ...u24(Math.round(duration)), replaces]);
    return chunk('ANMF', Buffer.concat([header, ...pixelsOf(picture)]));
  });
  return chunk('RIFF', Buffer.concat([Buffer.from('WEBP'), canvas, animation, ...parts]));
}

function pixelsOf(picture: Uint8Array): readonly Buffer[] {
  const bytes = Buffer.from(picture);
  if (bytes.toString('latin1', 0, 4) !== 'RIFF' || bytes.toString('latin1', 8, 12) !== 'WEBP') {
    throw new Error('a frame is no WebP picture');
  }
  const found: Buffer[] = [];
  for (let at = 12; at + 8 <= bytes.length; ) {
    const length = bytes.readUInt32LE(at + 4);
    const name = bytes.toString('latin1', at, at + 4);
    if (pixelChunks.has(name)) found.push(chunk(name, bytes.subarray(at + 8, at + 8 + length)));
    at += 8 + length + (length % 2);
  }
  return found;
}

/** Name, length, content, and a zero where that is odd. */
function chunk(name: string, content: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.write(name, 'latin1');
  header.writeUInt32LE(content.length, 4);
  return Buffer.concat([header, content, Buffer.alloc(content.length % 2)]);
}

function u24(value: number): number[] {
  return [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff];
}
