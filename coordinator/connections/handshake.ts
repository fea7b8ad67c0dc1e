// Whether a worker may join, and as what: known token, same engine, same bits. The protocol version was checked by the
// decoder.

import { ProtocolError } from '../../shared/protocol/close_codes.ts';
import type { Hello } from '../../shared/protocol/messages.ts';
import { type Access, mayActAs, type Role } from './access.ts';

export interface HandshakeRequirements {
  readonly engineDigest: string;
  readonly numerics: 'portable' | 'fused';
  /** Result of the numerics probe on this machine, for the job's profile. */
  readonly probe: string;
  readonly access: Access;
}

/** A refusal that is to be sent after some time, not before: it answers a guess. */
export class LateRefusal extends ProtocolError {
  /** Milliseconds. */
  readonly delay: number;

  constructor(delay: number, message: string) {
    super('unknownToken', message);
    this.delay = delay;
  }
}

/**
 * The role that a worker joins in.
 * @param address where it comes from.
 * @throws {ProtocolError} that says what differs and how to mend it.
 */
export function checkHello(hello: Hello, required: HandshakeRequirements, address: string): Role {
  const role = roleOf(hello, required.access, address);
  if (hello.engineDigest !== required.engineDigest) {
    throw new ProtocolError(
      'engineMismatch',
      `engine ${short(hello.engineDigest)} here, ${short(required.engineDigest)} at the coordinator: install the same gradswarm version`,
    );
  }
  const probe = hello.probes[required.numerics];
  if (probe === undefined) {
    throw new ProtocolError(
      'numericsMismatch',
      `the job wants numerics "${required.numerics}", which this worker lacks`,
    );
  }
  if (probe !== required.probe) {
    throw new ProtocolError(
      'numericsMismatch',
      `this machine's "${required.numerics}" arithmetic gives other bits than the coordinator's`,
    );
  }
  return role;
}

function roleOf({ token }: Hello, access: Access, address: string): Role {
  const judgement = access.judge(token, address);
  if ('role' in judgement) return workingRole(judgement.role, access);
  switch (judgement.fault) {
    case 'missing':
      throw new ProtocolError('unknownToken', `this run asks for a token: ${remedy}`);
    case 'wrong':
      throw new LateRefusal(judgement.delay, `this is not the token of this run: ${remedy}`);
    case 'too many':
      throw new ProtocolError('tooMany', 'too many wrong tokens came from this address: wait a while');
    default:
      throw judgement satisfies never;
  }
}

const remedy = "present the worker's, as the coordinator says it, in GRADSWARM_TOKEN";

/** Where nobody is asked who he is, a worker is just that. */
function workingRole(role: Role, access: Access): Role {
  if (role === 'local') return role;
  if (access.isOpen) return 'worker';
  if (mayActAs(role, 'worker')) return role;
  throw new ProtocolError('unknownToken', `this token lets you watch, not work: ${remedy}`);
}

function short(digest: string): string {
  return digest.slice(0, 12);
}
