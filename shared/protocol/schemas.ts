// What each header must look like, as strict schemas: messages.ts checked at run time, on both sides.

import * as v from 'valibot';
import { tensorName } from '../engine/graph.ts';
import { workSchema } from '../work/work_kinds.ts';
import { ProtocolError } from './close_codes.ts';
import { maximumComputation, maximumCores, maximumMetrics, maximumTokenLength } from './limits.ts';
import { protocolVersion, type ToCoordinator, type ToWorker } from './messages.ts';
import { nickname } from './nickname.ts';
import { plainText } from './plain_text.ts';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const positive = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const duration = v.pipe(v.number(), v.finite(), v.minValue(0));
const identifier = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9_.-]{1,128}$/, 'expected 1 to 128 letters, digits, "_", "." or "-"'),
);
const digest = v.pipe(v.string(), v.regex(/^[0-9a-f]{1,128}$/, 'expected 1 to 128 hexadecimal digits'));
/** SHA-256, hexadecimal. */
export const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'expected 64 hexadecimal digits'));
const token = v.pipe(v.string(), v.nonEmpty(), v.maxLength(maximumTokenLength));
/** A sentence for people; whatever was sent, what is received is fit to be shown. */
const sentence = v.pipe(v.string(), v.transform(plainText));
/** Losses and metrics of a diverging job are infinite or NaN, and its workers are honest all the same. */
const anyNumber = v.custom<number>((value) => typeof value === 'number', 'expected a number');

/** Present exactly in the first frame of a message that continuation frames complete. */
const payloadBytes = v.exactOptional(positive);

const welcome = v.strictObject({
  type: v.literal('welcome'),
  workerId: identifier,
  jobDigest: identifier,
  volunteer: v.exactOptional(identifier),
  payloadBytes,
});
const refused = v.strictObject({ type: v.literal('refused'), reason: sentence });
const frozen = v.strictObject({ type: v.literal('frozen'), digest: sha256, payloadBytes });
const parameters = v.strictObject({ type: v.literal('parameters'), step: count, payloadBytes });
const lease = v.strictObject({
  type: v.literal('lease'),
  lease: count,
  work: workSchema,
  parameters: count,
  samples: positive,
  deadline: duration,
  payloadBytes,
});
const finished = v.strictObject({ type: v.literal('finished'), reason: sentence });

const stopped = v.strictObject({ type: v.literal('stopped'), reason: sentence });
const warning = v.strictObject({ type: v.literal('warning'), reason: sentence });
const heartbeat = v.strictObject({ type: v.literal('heartbeat'), beat: count });

const volunteer = v.strictObject({
  key: v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/, 'expected 32 hexadecimal digits')),
  name: v.exactOptional(v.pipe(v.string(), v.transform(nickname))),
});

const hello = v.strictObject({
  type: v.literal('hello'),
  protocol: positive,
  engineDigest: digest,
  probes: v.strictObject({ portable: digest, fused: v.exactOptional(digest) }),
  kind: v.picklist(['node', 'browser']),
  cores: v.pipe(positive, v.maxValue(maximumCores)),
  threads: v.exactOptional(v.pipe(positive, v.maxValue(maximumCores))),
  token: v.exactOptional(token),
  holds: v.exactOptional(sha256),
  volunteer: v.exactOptional(volunteer),
});
const contribution = v.strictObject({
  type: v.literal('contribution'),
  lease: count,
  work: workSchema,
  samples: positive,
  lossSum: anyNumber,
  metricSums: v.pipe(
    v.custom<object>((value) => !Array.isArray(value), 'expected a map'), // a record would take an array for one
    v.record(tensorName, anyNumber),
    v.check((sums) => Object.keys(sums).length <= maximumMetrics, `expected at most ${maximumMetrics} metrics`),
  ),
  milliseconds: v.pipe(duration, v.maxValue(maximumComputation)),
  payloadBytes,
});
const goodbye = v.strictObject({ type: v.literal('goodbye'), reason: sentence });

export const continuationSchema = v.strictObject({ type: v.literal('continuation'), offset: count });

/** What a message may carry behind its header; floats come in multiples of 4 bytes. */
export type PayloadKind = 'none' | 'bytes' | 'floats' | 'optional floats';

interface Framing {
  readonly payloadBytes?: number;
}

interface Rule<Message> {
  readonly schema: v.GenericSchema<unknown, Message & Framing>;
  readonly payload: PayloadKind;
}

export type Rules<Message extends { readonly type: string }> = {
  readonly [Type in Message['type']]: Rule<Extract<Message, { readonly type: Type }>>;
};

export const toWorkerRules: Rules<ToWorker> = {
  welcome: { schema: welcome, payload: 'bytes' },
  refused: { schema: refused, payload: 'none' },
  frozen: { schema: frozen, payload: 'floats' },
  parameters: { schema: parameters, payload: 'floats' },
  lease: { schema: lease, payload: 'bytes' },
  finished: { schema: finished, payload: 'none' },
  stopped: { schema: stopped, payload: 'none' },
  warning: { schema: warning, payload: 'none' },
  heartbeat: { schema: heartbeat, payload: 'none' },
};

export const toCoordinatorRules: Rules<ToCoordinator> = {
  hello: { schema: hello, payload: 'none' },
  contribution: { schema: contribution, payload: 'optional floats' },
  goodbye: { schema: goodbye, payload: 'none' },
  heartbeat: { schema: heartbeat, payload: 'none' },
};

/** The header's `type`, if it has one. */
export function typeOf(header: unknown): unknown {
  return typeof header === 'object' && header !== null && 'type' in header ? header.type : undefined;
}

/** The type that a header claims, fit to stand in an error: it may be any value, and long. */
export function describeType(header: unknown): string {
  const type = typeOf(header);
  return typeof type === 'string' ? `"${plainText(type).slice(0, 32)}"` : `(${typeof type})`;
}

/** @throws {ProtocolError} that names the first field that is wrong, missing or too many. */
export function checkHeader<Output>(schema: v.GenericSchema<unknown, Output>, header: unknown): Output {
  const result = v.safeParse(schema, header, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = v.getDotPath(issue);
  throw new ProtocolError(
    'badMessage',
    `message ${describeType(header)}${path === null ? '' : `, field ${path}`}: ${issue.message}`,
  );
}

/**
 * Checks the one field of `hello` that is checked before all others, since another version may have other fields.
 * @throws {ProtocolError} with `protocolMismatch` if the worker speaks another version.
 */
export function checkProtocolVersion(header: unknown): void {
  if (typeof header !== 'object' || header === null || !('protocol' in header)) return;
  const { protocol } = header;
  if (typeof protocol !== 'number' || protocol === protocolVersion) return;
  throw new ProtocolError(
    'protocolMismatch',
    `the worker speaks protocol ${protocol}, the coordinator protocol ${protocolVersion}: use the same gradswarm version on both sides`,
  );
}
