// What can go wrong on the way: frames that are changed, doubled or made up.

import { ProtocolError } from '../../shared/protocol/close_codes.ts';
import { createToCoordinatorDecoder } from '../../shared/protocol/decode.ts';
import { encodeToCoordinator } from '../../shared/protocol/encode.ts';
import type { Contribution } from '../../shared/protocol/messages.ts';
import type { Random } from './random.ts';
import type { Tamper } from './simulated_network.ts';

export type Count = (fault: string) => void;

export const untouched: Tamper = (frame) => [frame];

/** Doubles a frame now and then. */
export function doubling(random: Random, probability: number, count: Count): Tamper {
  return (frame) => {
    if (!random.chance(probability)) return [frame];
    count('doubled frame');
    return [frame, frame];
  };
}

/** What is sent instead; undefined where there is nothing of the kind to lie about. */
type Lie = readonly [
  string,
  (contribution: Contribution, gradient: Uint8Array, random: Random) => [Contribution, Uint8Array] | undefined,
];

const lies: readonly Lie[] = [
  [
    'NaN gradient',
    (message, gradient) => (gradient.length === 0 ? undefined : [message, new Uint8Array(gradient.length).fill(0xff)]),
  ],
  [
    'false measurement',
    (message, gradient, random) =>
      gradient.length > 0 ? undefined : [{ ...message, lossSum: message.lossSum * random.between(0.1, 0.9) }, gradient],
  ],
  ['impossible accuracy', (message, gradient) => [{ ...message, metricSums: { accuracy: 1e6 } }, gradient]],
  ['infinite loss', (message, gradient) => [{ ...message, lossSum: Number.POSITIVE_INFINITY }, gradient]],
  [
    'wrong step',
    (message, gradient) => [{ ...message, work: { ...message.work, step: message.work.step + 1 } }, gradient],
  ],
  ['wrong length', (message, gradient) => [message, new Uint8Array(gradient.length + 4)]],
  ['unknown lease', (message, gradient) => [{ ...message, lease: message.lease + 1000 }, gradient]],
  [
    'wrong shard',
    (message, gradient) => [{ ...message, work: { ...message.work, shard: { first: 0, count: 1000 } } }, gradient],
  ],
];

/** Lies in a contribution now and then. */
export function lying(random: Random, probability: number, count: Count): Tamper {
  return (frame) => {
    if (!random.chance(probability)) return [frame];
    const received = decode(frame);
    const lie = random.pick(lies);
    if (received?.message.type !== 'contribution' || lie === undefined) return [frame];
    const [name, tell] = lie;
    const told = tell(received.message, received.payload, random);
    if (told === undefined) return [frame];
    count(name);
    return encodeToCoordinator(...told);
  };
}

/** Frames here are small: a message is one. */
function decode(frame: Uint8Array) {
  try {
    return createToCoordinatorDecoder({ maximumPayload: 1 << 20 }).push(frame);
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

/** Flips a bit of a frame now and then. */
export function flipping(random: Random, probability: number, count: Count): Tamper {
  return (frame) => {
    if (!random.chance(probability)) return [frame];
    count('flipped bit');
    const position = random.below(frame.length);
    frame[position] = (frame[position] ?? 0) ^ (1 << random.below(8));
    return [frame];
  };
}
