// The transport of a Node worker: a WebSocket client.

import type { ClientRequestArgs, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import { attach, webSocketOptions } from '../../shared/node/web_socket.ts';
import { Busy, type Connect } from '../session/connection.ts';
import { PiecewiseSocket } from './piecewise_socket.ts';
import { trustIn, wordsForTls } from './tls_trust.ts';

/** Milliseconds for TCP, TLS and the HTTP upgrade together. */
const openTimeout = 10_000;

/** Milliseconds that a closing handshake may take before the socket is cut. */
const closeTimeout = 500;

/**
 * Masking protects proxies from scripts in browsers; a Node process has raw sockets anyway. `ws` and its likes skip the
 * work for a mask of zeros, at both ends.
 */
function zeroMask(mask: Buffer): void {
  mask.fill(0);
}

const clientOptions = {
  ...webSocketOptions,
  handshakeTimeout: openTimeout,
  closeTimeout,
  generateMask: zeroMask,
};

/** @param ca a file of certificates that are trusted instead of the system's */
export function connectTo(url: URL, ca?: string): Connect {
  return (handlers, signal) =>
    new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const carrier = new PiecewiseSocket();
      const socket = new WebSocket(url, optionsFor(url, carrier, ca));
      let raw: Socket | undefined;
      const cut = () => socket.terminate();
      signal.addEventListener('abort', cut);
      socket.once('upgrade', (response) => {
        raw = response.socket;
      });
      socket.once('unexpected-response', (_request, response) => {
        reject(refusalOf(response, url));
        socket.terminate();
      });
      socket.on('error', (error) => reject(new Error(wordsFor(error))));
      socket.once('open', () => {
        signal.removeEventListener('abort', cut);
        resolve(attach(socket, raw, handlers));
        carrier.readInPieces(socket, handlers);
      });
      socket.once('close', () => {
        signal.removeEventListener('abort', cut);
        reject(new Error('connection closed before it was open'));
      });
    });
}

/** TLS offers no buffer of one's own to read into. */
function optionsFor({ protocol }: URL, carrier: PiecewiseSocket, ca: string | undefined) {
  if (protocol === 'wss:') return ca === undefined ? clientOptions : { ...clientOptions, ...trustIn(ca) };
  return { ...clientOptions, createConnection: (options: ClientRequestArgs) => carrier.connect(options) };
}

/** A coordinator that is starting, or has more connections than it can even refuse in words. */
const busyStatuses: readonly (number | undefined)[] = [429, 503];

function refusalOf({ statusCode: status, headers }: IncomingMessage, { hostname }: URL): Error {
  const words = `${wordsForStatus(status, hostname)} (HTTP status ${status})`;
  return busyStatuses.includes(status) ? new Busy(words, retryAfterOf(headers)) : new Error(words);
}

/** Milliseconds, if the header says seconds; a date would have to be compared with a clock that may be wrong. */
function retryAfterOf({ 'retry-after': text = '' }: IncomingHttpHeaders): number | undefined {
  return /^\d{1,9}$/.test(text) ? 1000 * Number(text) : undefined;
}

function wordsForStatus(status: number | undefined, host: string): string {
  switch (status) {
    case 401:
      return 'it asks for a token that is right, or a reverse proxy in front of it for a password';
    case 403:
      return 'it takes no workers from here, or a reverse proxy in front of it does not';
    case 421:
      return `it does not know itself by the name ${host}: start the coordinator with --allow-host ${host}`;
    case 426:
      return 'it speaks TLS there: write wss:// instead of ws://';
    case 429:
    case 503:
      return 'the coordinator takes no workers at the moment';
    default:
      return 'no gradswarm coordinator answers there';
  }
}

function wordsFor(error: Error & { readonly code?: unknown }): string {
  switch (error.code) {
    case 'ECONNREFUSED':
      return 'connection refused: nothing listens there';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'its host name cannot be resolved';
    case 'ETIMEDOUT':
      return 'no answer';
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'no route to it';
    case 'ECONNRESET':
      return 'the connection was reset';
    default:
      return wordsForTls(error) ?? error.message.split('\n', 1)[0] ?? error.name;
  }
}
