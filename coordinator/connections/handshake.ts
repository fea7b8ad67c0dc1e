// Whether a worker may join: same engine, same bits, known token. The protocol version was checked by the decoder.

import { ProtocolError } from '../../shared/protocol/close_codes.ts';
import type { Hello } from '../../shared/protocol/messages.ts';

export interface HandshakeRequirements {
  readonly engineDigest: string;
  readonly numerics: 'portable' | 'fused';
  /** Result of the numerics probe on this machine, for the job's profile. */
  readonly probe: string;
  /** Workers must present it, where it is set. */
  readonly token: string | undefined;
}

/** @throws {ProtocolError} that says what differs and how to mend it. */
export function checkHello(hello: Hello, required: HandshakeRequirements): void {
  if (required.token !== undefined && hello.token !== required.token) {
    throw new ProtocolError('unknownToken', 'this run asks for a token: pass the one it was started with by --token');
  }
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
}

function short(digest: string): string {
  return digest.slice(0, 12);
}
