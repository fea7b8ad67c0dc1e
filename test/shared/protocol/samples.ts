// One valid message of each type, and arbitraries of all of them.

import fc from 'fast-check';
import { maximumComputation, maximumCores } from '../../../shared/protocol/limits.ts';
import { protocolVersion, type ToCoordinator, type ToWorker } from '../../../shared/protocol/messages.ts';
import type { Shard } from '../../../shared/reduction/shard.ts';

export const toWorkerSamples = {
  welcome: { type: 'welcome', workerId: 'w1', jobDigest: 'ab' },
  refused: { type: 'refused', reason: 'no' },
  frozen: { type: 'frozen', digest: 'f0'.repeat(32) },
  parameters: { type: 'parameters', step: 7 },
  lease: {
    type: 'lease',
    lease: 3,
    work: { kind: 'gradient', step: 7, shard: { first: 2, count: 2 } },
    parameters: 7,
    samples: 50,
    deadline: 1500,
  },
  finished: { type: 'finished', reason: 'done' },
  stopped: { type: 'stopped', reason: 'later' },
  warning: { type: 'warning', reason: 'not finite' },
  heartbeat: { type: 'heartbeat', beat: 3 },
} as const satisfies { readonly [Type in ToWorker['type']]: Extract<ToWorker, { type: Type }> };

export const toCoordinatorSamples = {
  hello: {
    type: 'hello',
    protocol: protocolVersion,
    engineDigest: 'e0',
    probes: { portable: 'a0', fused: 'f0' },
    kind: 'node',
    cores: 4,
    threads: 2,
    token: 't',
    holds: 'f0'.repeat(32),
    volunteer: { key: 'a0'.repeat(16), name: 'Ada' },
  },
  contribution: {
    type: 'contribution',
    lease: 3,
    work: { kind: 'gradient', step: 7, shard: { first: 2, count: 2 } },
    samples: 50,
    lossSum: 1.5,
    metricSums: { accuracy: 40 },
    milliseconds: 0.25,
  },
  goodbye: { type: 'goodbye', reason: 'bye' },
  heartbeat: { type: 'heartbeat', beat: 3 },
} as const satisfies { readonly [Type in ToCoordinator['type']]: Extract<ToCoordinator, { type: Type }> };

const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const positive = fc.integer({ min: 1, max: 2 ** 40 });
/** Neither −0, which may arrive as 0, nor anything else that does not survive the wire. */
const number = fc.double().map((value) => value + 0);
const duration = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
const digest = fc.stringMatching(/^[0-9a-f]{1,128}$/);
const metricName = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_.-]{0,99}$/);
const token = fc.string({ minLength: 1, maxLength: 100 });

const shard: fc.Arbitrary<Shard> = fc
  .record({ power: fc.nat(10), node: fc.nat(1000), missing: fc.double({ min: 0, max: 0.5, noNaN: true }) })
  .map(({ power, node, missing }) => ({
    first: node * 2 ** power,
    count: Math.max(1, Math.floor(2 ** power * (1 - missing))),
  }));

const work = fc.record({
  kind: fc.constantFrom('gradient' as const, 'evaluation' as const),
  step: count,
  shard,
});

export const anyParameters = fc.record({ type: fc.constant('parameters' as const), step: count });

export const anyLease = fc.record({
  type: fc.constant('lease' as const),
  lease: count,
  work,
  parameters: count,
  samples: positive,
  deadline: duration,
});

export const anyHello = fc.record(
  {
    type: fc.constant('hello' as const),
    protocol: fc.constant(protocolVersion),
    engineDigest: digest,
    probes: fc.record({ portable: digest, fused: digest }, { requiredKeys: ['portable'], noNullPrototype: true }),
    kind: fc.constantFrom('node' as const, 'browser' as const),
    cores: fc.integer({ min: 1, max: maximumCores }),
    threads: fc.integer({ min: 1, max: maximumCores }),
    token,
    holds: fc.stringMatching(/^[0-9a-f]{64}$/),
    volunteer: fc.record(
      { key: fc.stringMatching(/^[0-9a-f]{32}$/), name: fc.stringMatching(/^[A-Za-z]{1,24}$/) },
      { requiredKeys: ['key'], noNullPrototype: true },
    ),
  },
  { requiredKeys: ['type', 'protocol', 'engineDigest', 'probes', 'kind', 'cores'], noNullPrototype: true },
);

export const anyContribution = fc.record({
  type: fc.constant('contribution' as const),
  lease: count,
  work,
  samples: positive,
  lossSum: number,
  metricSums: fc.dictionary(
    metricName.filter((key) => key !== 'constructor' && key !== 'prototype'),
    number,
    { maxKeys: 8, noNullPrototype: true },
  ),
  milliseconds: fc.double({ min: 0, max: maximumComputation, noNaN: true }).map((value) => value + 0),
});

/** Bytes that differ from their neighbours, so that a chunk in the wrong place shows. */
export function patternBytes(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed >>> 0;
  for (let index = 0; index < length; index++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

export function fromHex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'));
}

/** A copy with one bit changed. */
export function withBitFlipped(bytes: Uint8Array, bit: number): Uint8Array {
  const flipped = new Uint8Array(bytes);
  flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return flipped;
}

/** Plain equality of bytes: far faster than an assertion library's over large arrays. */
export function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0;
}
