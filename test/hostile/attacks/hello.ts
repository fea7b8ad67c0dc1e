// What can be said before anything else: hellos, and what is none. All of it is refused in a few clean words.

import { protocolVersion } from '../../../shared/protocol/messages.ts';
import type { Attack } from '../attack.ts';
import { type Entry, invalidText, map, protocolFrame, rawString, text } from '../attacker/msgpack.ts';
import { frame, opcodes, sendRaw } from '../attacker/raw_frames.ts';

const refused = /^closed 4400$/;

/** A hello in which these fields stand in the place of the usual ones, or beside them. */
function hello(...fields: readonly Entry[]): Uint8Array {
  const usual: readonly Entry[] = [
    ['type', 'hello'],
    ['protocol', protocolVersion],
    ['engineDigest', 'e'],
    ['probes', map(['portable', 'p'])],
    ['kind', 'node'],
    ['cores', 1],
  ];
  const changed = new Map(fields);
  const kept = usual.map(([name, value]): Entry => [name, changed.get(name) ?? value]);
  const added = fields.filter(([name]) => !usual.some(([known]) => known === name));
  return protocolFrame(map(...kept, ...added));
}

/** An attack that opens a WebSocket for each frame, sends it, and says how all of them ended. */
function greetings(
  name: string,
  of: Pick<Attack, 'line'> & { readonly told?: RegExp; readonly frames: () => readonly Uint8Array[] },
): Attack {
  const { line, told = refused, frames } = of;
  return {
    name,
    line,
    needs: 'no token',
    told,
    async run(target, control) {
      const ends = new Set<string>();
      for (const payload of frames()) {
        ends.add(await sendRaw(target, control, frame({ opcode: opcodes.binary, payload })));
      }
      return [...ends].join(', ');
    },
  };
}

/** The longest text that fits a header. */
const longest = 15_900;

export const hellos: readonly Attack[] = [
  greetings('a hello with a long key', { line: 2, frames: () => [hello(['x'.repeat(8_300), 1])] }),
  greetings('a hello of a kind that is no text', { line: 2, frames: () => [hello(['kind', invalidText(longest)])] }),
  greetings('hellos with long texts everywhere', {
    line: 2,
    frames: () => [
      hello([invalidText(longest), 1]),
      hello(['probes', map([invalidText(longest), 'p'])]),
      hello(['probes', map(['portable', map([invalidText(longest), 1])])]),
      hello(['cores', invalidText(longest)]),
      hello(['type', invalidText(longest)]),
      hello(['token', text('t'.repeat(longest))]),
    ],
  }),
  greetings('a hello of an engine with a long name', {
    line: 2,
    told: /^closed (4400|4401|4407)$/,
    frames: () => [hello(['engineDigest', invalidText(15_000)])],
  }),
  greetings('hellos of other versions', {
    line: 2,
    told: /^closed (4400|4406)(, closed (4400|4406))*$/,
    frames: () => [
      hello(['protocol', 1e300]),
      hello(['protocol', Number.MAX_VALUE], [invalidText(15_000), 1]),
      hello(['protocol', -1]),
      hello(['protocol', Number.NaN]),
    ],
  }),
  greetings('hellos that hold what is no digest', {
    line: 'frozen',
    frames: () =>
      ['', 'ab', 'g'.repeat(64), 'a'.repeat(10_000), invalidText(longest), 7, map(['digest', 'a'.repeat(64)])].map(
        (holds) => hello(['holds', holds]),
      ),
  }),
  greetings('contributions before a hello', {
    line: 2,
    frames: () => [
      protocolFrame(map(['type', 'contribution'], ['metricSums', map([invalidText(longest), 1])])),
      protocolFrame(map(['type', 'goodbye'], ['reason', invalidText(longest)])),
      protocolFrame(map(['type', 'heartbeat'], ['beat', 1])),
      protocolFrame(map(['type', 'continuation'], ['offset', 0]), new Uint8Array(1_000)),
    ],
  }),
  greetings('headers made to hurt their decoder', {
    line: 'msgpack',
    frames: () => [
      // Nested arrays and maps, as deep as fits.
      protocolFrame(Buffer.alloc(16_000, 0x91)),
      protocolFrame(Buffer.alloc(16_000, 0x81)),
      // Extensions: a date, a record's definition, an error, a typed array.
      ...[0xff, 0x72, 0x65, 0x74].map((type) => protocolFrame(Buffer.from([0xc7, 4, type, 1, 2, 3, 4]))),
      ...[0xd4, 0xd5, 0xd6, 0xd7, 0xd8].map((code) => protocolFrame(Buffer.from([code, 0x72, ...Buffer.alloc(16)]))),
      // A byte that is no MessagePack, lengths beyond the end, counts beyond reason.
      protocolFrame(Buffer.from([0xc1])),
      protocolFrame(Buffer.from([0xdf, 0xff, 0xff, 0xff, 0xff])),
      protocolFrame(Buffer.from([0xdd, 0x7f, 0xff, 0xff, 0xff])),
      protocolFrame(Buffer.from([0xdb, 0xff, 0xff, 0xff, 0xff])),
      protocolFrame(Buffer.from([0xc6, 0x7f, 0xff, 0xff, 0xff])),
      // Prototypes.
      hello(['__proto__', map(['token', 't'])]),
      hello(['probes', map(['__proto__', map(['portable', 'p'])])]),
      hello(['constructor', map(['prototype', map(['x', 1])])]),
      hello(['toString', 'x']),
      // Numbers.
      hello(['cores', Number.NaN]),
      hello(['cores', -1]),
      hello(['cores', 1e308]),
      hello(['cores', Number.POSITIVE_INFINITY]),
      hello(['cores', Buffer.from([0xcf, ...Buffer.alloc(8, 0xff)])]),
      // Bytes behind the map, keys that are no text, a key twice, nothing.
      protocolFrame(Buffer.concat([map(['type', 'hello']), Buffer.from([0xc0])])),
      protocolFrame(Buffer.from([0x81, 0x01, 0x02])),
      protocolFrame(map(['type', 'hello'], ['type', 'goodbye'], ['reason', ''])),
      protocolFrame(rawString(Buffer.alloc(16_000, 0x80))),
      protocolFrame(Buffer.from([0xc0])),
    ],
  }),
];
