// Frames that break WebSocket or our layout of it, and messages in ever smaller fragments.

import { setTimeout as wait } from 'node:timers/promises';
import type { Attack, Control, Target } from '../attack.ts';
import { map, protocolFrame } from '../attacker/msgpack.ts';
import { closeOf, frame, opcodes, openRawSocket, type RawFrame, sendRaw } from '../attacker/raw_frames.ts';
import { heldOff } from '../scene/verdict.ts';

/** A text or binary message in this many fragments of this many bytes, without its end. */
function fragments(opcode: number, count: number, bytes: number): Buffer {
  const payload = Buffer.alloc(bytes, 0x61);
  const first = frame({ opcode, payload, final: false });
  const next = frame({ opcode: opcodes.continuation, payload, final: false });
  const all = Buffer.alloc(first.length + next.length * (count - 1));
  first.copy(all);
  for (let index = 0; index < count - 1; index++) next.copy(all, first.length + index * next.length);
  return all;
}

/** The frames of one connection, and how the coordinator is to end it. */
interface Case {
  readonly frames: readonly RawFrame[];
  readonly end: string;
}

const binary = (payload: Uint8Array): RawFrame => ({ opcode: opcodes.binary, payload });

/** A hello whose header or payload was changed on the way. */
function corrupted(position: number): Uint8Array {
  const bytes = protocolFrame(map(['type', 'hello']), new Uint8Array(64));
  bytes[position] = (bytes[position] ?? 0) ^ 1;
  return bytes;
}

const broken: readonly Case[] = [
  { frames: [{ opcode: opcodes.text, payload: Buffer.from('hello') }], end: 'closed (4400|1003)' },
  { frames: [{ ...binary(new Uint8Array(8)), masked: false }], end: 'closed 1002' },
  { frames: [{ ...binary(new Uint8Array(8)), reserved: 4 }], end: 'closed 1002' },
  { frames: [{ ...binary(new Uint8Array(8)), reserved: 3 }], end: 'closed 1002' },
  { frames: [{ opcode: 15, payload: new Uint8Array(8) }], end: 'closed 1002' },
  { frames: [{ opcode: 3 }], end: 'closed 1002' },
  { frames: [{ ...binary(new Uint8Array(8)), claimedLength: 2n ** 63n }], end: 'closed (1002|1009)' },
  { frames: [{ ...binary(new Uint8Array(8)), claimedLength: 2n ** 64n - 1n }], end: 'closed (1002|1009)' },
  { frames: [{ ...binary(new Uint8Array(8)), claimedLength: 10n ** 9n }], end: 'closed 1009' },
  { frames: [{ ...binary(new Uint8Array(8)), claimedLength: 278_545n }], end: 'closed 1009' },
  { frames: [{ opcode: opcodes.ping, payload: new Uint8Array(126) }], end: 'closed 1002' },
  { frames: [{ opcode: opcodes.ping, final: false }], end: 'closed 1002' },
  { frames: [{ opcode: opcodes.close, payload: Uint8Array.of(3) }], end: 'closed 1002' },
  { frames: [{ opcode: opcodes.close, payload: Uint8Array.of(0, 5) }], end: 'closed 1002' },
  { frames: [{ opcode: opcodes.continuation, payload: new Uint8Array(8) }], end: 'closed (1002|4400)' },
  { frames: [binary(new Uint8Array(0))], end: 'closed 4400' },
  { frames: [binary(new Uint8Array(3))], end: 'closed 4400' },
  { frames: [binary(new Uint8Array(64))], end: 'closed 4400' },
  { frames: [binary(Buffer.alloc(64, 0xff))], end: 'closed 4400' },
  { frames: [binary(corrupted(14))], end: 'closed 4410' },
  { frames: [binary(corrupted(70))], end: 'closed (4410|4400)' },
  {
    frames: [binary(Buffer.concat([protocolFrame(map(['type', 'hello'])), new Uint8Array(1)]))],
    end: 'closed 44(00|10)',
  },
];

/** Many connections that send the same, and how they all ended. */
function many(
  count: number,
  name: string,
  of: Pick<Attack, 'line' | 'told'> & { readonly bytes: () => Uint8Array },
): Attack {
  const { line, told, bytes } = of;
  return {
    name,
    line,
    needs: 'no token',
    told,
    async run(target, control) {
      const sent = bytes();
      const ends = await Promise.all(Array.from({ length: count }, () => sendRaw(target, control, sent)));
      return [...new Set(ends)].join(', ');
    },
  };
}

/** A WebSocket may be closed with a code, or cut where it would cost more to say so. */
const ended =
  /^(closed (1002|1003|1008|1009|4400|4408|4429)|cut|HTTP 503)(, (closed (1002|1003|1008|1009|4400|4408|4429)|cut|HTTP 503))*$/;

export const frames: readonly Attack[] = [
  {
    name: 'frames that break WebSocket or the layout',
    line: 'frames',
    needs: 'no token',
    told: /^as it should be$/,
    async run(target, control) {
      for (const [index, { frames: sent, end }] of broken.entries()) {
        const how = await sendRaw(target, control, ...sent.map(frame));
        if (heldOff.test(how)) return how;
        if (!new RegExp(`^${end}$`).test(how)) return `case ${index}: ${how} for ${end}`;
      }
      return 'as it should be';
    },
  },
  many(50, 'text in fragments of a byte, by 50', {
    line: 13,
    told: ended,
    bytes: () => fragments(opcodes.text, 16_384, 1),
  }),
  many(50, 'binary in fragments of a byte, by 50', {
    line: 13,
    told: ended,
    bytes: () => fragments(opcodes.binary, 16_384, 1),
  }),
  many(20, 'fragments without a byte, by 20', {
    line: 13,
    told: ended,
    bytes: () => fragments(opcodes.binary, 50_000, 0),
  }),
  many(20, 'fragments with pings in between, by 20', {
    line: 13,
    told: ended,
    bytes: () => {
      const part = Buffer.concat([
        frame({ opcode: opcodes.continuation, payload: Uint8Array.of(1), final: false }),
        frame({ opcode: opcodes.ping, payload: Uint8Array.of(1) }),
      ]);
      const start = frame({ opcode: opcodes.binary, payload: Uint8Array.of(1), final: false });
      return Buffer.concat([start, ...Array.from({ length: 10_000 }, () => part)]);
    },
  }),
  many(50, 'unfinished text that fills a frame, by 50', {
    line: 21,
    told: ended,
    bytes: () => frame({ opcode: opcodes.text, payload: Buffer.alloc(278_000, 0x61), final: false }),
  }),
  many(50, 'a text frame that is never finished, by 50', {
    line: 21,
    told: ended,
    bytes: () => frame({ opcode: opcodes.text, payload: Buffer.alloc(100_000, 0x61), claimedLength: 278_000n }),
  }),
  {
    name: 'pings that nobody reads the answers to',
    line: 'pings',
    needs: 'no token',
    told: ended,
    run: (target, control) => pingFlood(target, control, false),
  },
  {
    name: 'pings whose answers are read',
    line: 'pings',
    needs: 'no token',
    told: ended,
    run: (target, control) => pingFlood(target, control, true),
  },
];

async function pingFlood(target: Target, control: Control, reads: boolean): Promise<string> {
  const opened = await openRawSocket(target, control);
  if ('refusal' in opened) return opened.refusal;
  using connection = opened;
  const ping = frame({ opcode: opcodes.ping, payload: Buffer.alloc(125) });
  const pings = Buffer.concat(Array.from({ length: 500 }, () => ping));
  if (!reads) connection.socket.pause();
  // A connection that is not read learns of its end only by writing.
  while (connection.write(pings) || !connection.socket.destroyed) {
    if (reads) await connection.drained();
    else await wait(5);
    if (connection.socket.destroyed) break;
  }
  connection.socket.resume();
  return await closeOf(connection);
}
