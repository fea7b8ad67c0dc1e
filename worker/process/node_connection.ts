// The transport of a Node worker: a WebSocket client.

import type { ClientRequestArgs } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import { attach, webSocketOptions } from '../../shared/node/web_socket.ts';
import type { Connect } from '../session/connection.ts';
import { PiecewiseSocket } from './piecewise_socket.ts';

/** Milliseconds for TCP, TLS and the HTTP upgrade together. */
const openTimeout = 10_000;

/** Milliseconds that a closing handshake may take before the socket is cut. */
const closeTimeout = 500;

/** Of a coordinator that is starting, or has more connections than it can even refuse in words. */
const serviceUnavailable = 503;

/**
 * Masking protects proxies from scripts in browsers; a Node process has raw sockets anyway. `ws` and its likes skip the
 * work for a mask of zeros, at both ends.
 */
function zeroMask(mask: Buffer): void {
  mask.fill(0);
}

// closeTimeout is missing in the published types.
const clientOptions: WebSocket.ClientOptions & { readonly closeTimeout: number } = {
  ...webSocketOptions,
  handshakeTimeout: openTimeout,
  closeTimeout,
  generateMask: zeroMask,
};

export function connectTo(url: URL): Connect {
  return (handlers, signal) =>
    new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const carrier = new PiecewiseSocket();
      // TLS offers no buffer of one's own to read into.
      const createConnection = (options: ClientRequestArgs) => carrier.connect(options);
      const socket = new WebSocket(
        url,
        url.protocol === 'ws:' ? { ...clientOptions, createConnection } : clientOptions,
      );
      let raw: Socket | undefined;
      const cut = () => socket.terminate();
      signal.addEventListener('abort', cut);
      socket.once('upgrade', (response) => {
        raw = response.socket;
      });
      socket.once('unexpected-response', (_request, response) => {
        reject(new Error(wordsForStatus(response.statusCode)));
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

function wordsForStatus(status: number | undefined): string {
  return status === serviceUnavailable
    ? 'the coordinator takes no workers at the moment (HTTP status 503)'
    : `no gradswarm coordinator answers there (HTTP status ${status})`;
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
      return error.message.split('\n', 1)[0] ?? error.name;
  }
}
