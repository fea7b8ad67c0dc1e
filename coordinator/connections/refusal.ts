// A request that is turned down: its status, one line that says why, and how that is written where there is a bare socket
// and no response to write it with.

import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { plainText } from '../../shared/protocol/plain_text.ts';

export type Headers = Readonly<Record<string, string>>;

/** Nothing comes from another host, nothing is evaluated but WebAssembly, and no other page gets hold of anything. */
export const securityHeaders: Headers = {
  'content-security-policy':
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; " +
    "connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; " +
    "frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

/** Thrown where a request is turned down. Its message is one line for people, plain whatever it quotes. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly headers: Headers;

  constructor(status: number, message: string, headers: Headers = {}) {
    super(plainText(message));
    this.status = status;
    this.headers = headers;
  }
}

/** A refusal that passes: whoever is told may try again after so many seconds. */
export function comeBack(status: 429 | 503, seconds: number, message: string): Refusal {
  return new Refusal(status, message, { 'retry-after': String(seconds) });
}

/** Writes a refusal on a socket and closes it, whether the other side listens or not. */
export function refuseSocket(socket: Duplex, { status, message, headers }: Refusal): void {
  socket.on('error', () => undefined); // A close follows.
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const body = `${message}\n`;
  const fields = {
    ...securityHeaders,
    ...headers,
    connection: 'close',
    'content-type': 'text/plain; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
  };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Refused'}\r\n${lines.join('')}\r\n`;
  socket.end(head + body, () => socket.destroy());
}
