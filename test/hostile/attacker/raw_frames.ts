// WebSocket frames by hand (RFC 6455, section 5.2), right or wrong, over a connection in an attacker's hands.

import type { Control, Target } from '../attack.ts';
import { answerOf, untilAborted, upgradeHead } from './http.ts';
import { RawConnection } from './raw_connection.ts';

export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export interface RawFrame {
  readonly opcode: number;
  readonly payload?: Uint8Array;
  readonly final?: boolean;
  /** Of the three reserved bits, the first is 4. */
  readonly reserved?: number;
  readonly masked?: boolean;
  /** The length that the header claims, where that is a lie. */
  readonly claimedLength?: bigint;
}

/** The bytes of a frame; masked with zeros unless it is not to be masked. */
export function frame({ opcode, payload, final = true, reserved = 0, masked = true, claimedLength }: RawFrame): Buffer {
  const body = payload ?? new Uint8Array(0);
  const length = claimedLength ?? BigInt(body.length);
  const first = (final ? 0x80 : 0) | (reserved << 4) | opcode;
  const mask = masked ? 0x80 : 0;
  const header = Buffer.alloc(10);
  header[0] = first;
  let headerBytes = 2;
  if (length < 126n) {
    header[1] = mask | Number(length);
  } else if (length < 65_536n) {
    header[1] = mask | 126;
    header.writeUInt16BE(Number(length), 2);
    headerBytes = 4;
  } else {
    header[1] = mask | 127;
    header.writeBigUInt64BE(BigInt.asUintN(64, length), 2);
    headerBytes = 10;
  }
  return Buffer.concat([header.subarray(0, headerBytes), Buffer.alloc(masked ? 4 : 0), body]);
}

/** A WebSocket that has been opened, or the HTTP answer to a refused upgrade. */
export async function openRawSocket(
  target: Target,
  control: Control,
  from?: string,
): Promise<RawConnection | { readonly refusal: string }> {
  const connection = untilAborted(await RawConnection.open(target, from), control);
  connection.write(upgradeHead(target));
  const answer = await answerOf(connection);
  if (answer === 'HTTP 101') return connection;
  connection.close();
  return { refusal: answer };
}

/** How the coordinator ended a WebSocket: "closed 4400" by a close frame, "cut" without one. */
export async function closeOf(connection: RawConnection): Promise<string> {
  return (await connection.until(closeIn)) ?? 'cut';
}

/** Frames are read one by one: what looks like a close may stand in a payload. */
function closeIn(bytes: Buffer): string | undefined {
  let position = bytes.indexOf('\r\n\r\n') + 4;
  while (position + 2 <= bytes.length) {
    const opcode = (bytes[position] ?? 0) & 0x0f;
    const short = (bytes[position + 1] ?? 0) & 0x7f;
    const start = position + (short === 126 ? 4 : short === 127 ? 10 : 2);
    if (start > bytes.length) return undefined;
    const length =
      short === 126
        ? bytes.readUInt16BE(position + 2)
        : short === 127
          ? Number(bytes.readBigUInt64BE(position + 2))
          : short;
    if (start + length > bytes.length) return undefined;
    if (opcode === opcodes.close) return `closed ${length >= 2 ? bytes.readUInt16BE(start) : 1005}`;
    position = start + length;
  }
  return undefined;
}

/** Opens a WebSocket, sends these bytes as they are, and says how it ended. */
export async function sendRaw(target: Target, control: Control, ...bytes: readonly Uint8Array[]): Promise<string> {
  const opened = await openRawSocket(target, control);
  if ('refusal' in opened) return opened.refusal;
  using connection = opened;
  for (const part of bytes) connection.write(part);
  return await closeOf(connection);
}
