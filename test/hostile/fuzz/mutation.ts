// Bytes that are nearly right: mutations of valid frames and requests, all of them chosen by a seeded generator.

import { checksumOfCopies } from '../../../shared/protocol/checksum.ts';
import { readBeginning, writeFrame } from '../../../shared/protocol/frame.ts';
import type { Random } from '../../simulation/random.ts';

type Mutation = (bytes: Uint8Array, random: Random) => Uint8Array;

/** Numbers at which readers go wrong. */
const edges = [0, 1, 0x7f, 0x80, 0xc0, 0xc1, 0xc6, 0xc7, 0xd4, 0xdb, 0xdd, 0xde, 0xdf, 0xfe, 0xff];

const position = (bytes: Uint8Array, random: Random) => random.below(Math.max(1, bytes.length));

const mutations: readonly Mutation[] = [
  function flipBit(bytes, random) {
    const at = position(bytes, random);
    const changed = new Uint8Array(bytes);
    changed[at] = (changed[at] ?? 0) ^ (1 << random.below(8));
    return changed;
  },
  function setByte(bytes, random) {
    const changed = new Uint8Array(bytes);
    changed[position(bytes, random)] = random.pick(edges) ?? 0;
    return changed;
  },
  function cutOff(bytes, random) {
    return bytes.slice(0, random.below(bytes.length + 1));
  },
  function append(bytes, random) {
    return join(bytes, noise(1 + random.below(64), random));
  },
  function remove(bytes, random) {
    const at = position(bytes, random);
    return join(bytes.subarray(0, at), bytes.subarray(Math.min(bytes.length, at + 1 + random.below(16))));
  },
  function insert(bytes, random) {
    const at = position(bytes, random);
    const what = random.chance(0.5)
      ? noise(1 + random.below(16), random)
      : new Uint8Array(1 + random.below(2_000)).fill(random.pick(edges) ?? 0);
    return join(bytes.subarray(0, at), what, bytes.subarray(at));
  },
  function repeat(bytes, random) {
    const at = position(bytes, random);
    const part = bytes.subarray(at, at + 1 + random.below(32));
    return join(bytes.subarray(0, at), ...Array.from({ length: 1 + random.below(40) }, () => part), bytes.subarray(at));
  },
];

/** One to four mutations, one after the other. */
export function mutate(bytes: Uint8Array, random: Random): Uint8Array {
  let mutated = bytes;
  for (let left = 1 + random.below(4); left > 0; left--) mutated = random.pick(mutations)?.(mutated, random) ?? mutated;
  return mutated;
}

/** A frame of the protocol whose header was mutated and whose checksums are right all the same. */
export function mutateHeader(frame: Uint8Array, random: Random): Uint8Array {
  const beginning = readBeginning(frame, frame.length, checksumOfCopies);
  if (beginning === undefined) return mutate(frame, random);
  const payload = frame.subarray(beginning.payloadOffset);
  return frameOf(mutate(beginning.header, random).subarray(0, 16_384), payload);
}

/** As `mutateHeader`, with a payload of another length. */
export function mutatePayload(frame: Uint8Array, random: Random): Uint8Array {
  const beginning = readBeginning(frame, frame.length, checksumOfCopies);
  if (beginning === undefined) return mutate(frame, random);
  return frameOf(beginning.header, mutate(frame.subarray(beginning.payloadOffset), random));
}

function frameOf(header: Uint8Array, payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(((12 + header.length + 7) & -8) + payload.length);
  writeFrame(frame, header, payload, checksumOfCopies);
  return frame;
}

function noise(bytes: number, random: Random): Uint8Array {
  return Uint8Array.from({ length: bytes }, () => random.below(256));
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
