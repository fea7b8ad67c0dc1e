// The payload of `welcome`: the job as the coordinator runs it. The worker reads four fields of it and passes the
// graph on unread; the engine checks that where it compiles it.

import * as v from 'valibot';
import { ProtocolError } from './close_codes.ts';
import { sha256 } from './schemas.ts';

/** The part of the effective job that decides what a worker computes; the object may hold more. */
export interface AssignedJob {
  readonly numerics: 'portable' | 'fused';
  readonly microbatchSize: number;
  /** The op graph, unchecked. */
  readonly graph: unknown;
  /** SHA-256 of the frozen weights, where the graph has some. */
  readonly frozen?: string;
}

/** What of the job the worker reads. */
export const assignedJobSchema = v.looseObject({
  numerics: v.picklist(['portable', 'fused']),
  microbatchSize: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  graph: v.looseObject({}),
  frozen: v.exactOptional(sha256),
});

export function encodeAssignedJob(job: AssignedJob): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(job));
}

/** @throws {ProtocolError} naming the field that is missing or wrong. */
export function decodeAssignedJob(payload: Uint8Array): AssignedJob {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
  } catch {
    throw new ProtocolError('badMessage', 'message "welcome": its payload is not JSON in UTF-8');
  }
  const result = v.safeParse(assignedJobSchema, value);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new ProtocolError(
    'badMessage',
    `message "welcome": job field ${v.getDotPath(issue) ?? '(all)'}: ${issue.message}`,
  );
}
