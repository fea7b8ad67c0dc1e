// The transport of a Node worker: a WebSocket client, the only importer of `ws` here.

import type { ClientRequestArgs } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import { InputError } from '../../shared/errors.ts';
import type { Connection, ConnectionHandlers } from '../../shared/protocol/connection.ts';
import { maximumFrameBytes } from '../../shared/protocol/limits.ts';
import type { Connect } from '../session/connection.ts';
import { PiecewiseSocket } from './piecewise_socket.ts';

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

// `ws` switches Nagle's algorithm off by itself. closeTimeout is missing in its published types.
const clientOptions: WebSocket.ClientOptions & { readonly closeTimeout: number } = {
  perMessageDeflate: false,
  skipUTF8Validation: true,
  maxPayload: maximumFrameBytes,
  handshakeTimeout: openTimeout,
  closeTimeout,
  generateMask: zeroMask,
};

/** The WebSocket address meant by `text`; http and https stand for ws and wss. @throws {InputError} if it is none. */
export function parseUrl(text: string): URL {
  const wanted = 'expected one like ws://192.168.1.5:8080 or wss://example.org';
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new InputError(`${JSON.stringify(text)} is no URL: ${wanted}`);
  }
  if (url.protocol === 'http:') url.protocol = 'ws:';
  if (url.protocol === 'https:') url.protocol = 'wss:';
  if ((url.protocol !== 'ws:' && url.protocol !== 'wss:') || url.hostname === '') {
    throw new InputError(`${JSON.stringify(text)} is no WebSocket URL: ${wanted}`);
  }
  url.hash = '';
  return url;
}

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
        reject(new Error(`no gradswarm coordinator answers there (HTTP status ${response.statusCode})`));
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

function attach(socket: WebSocket, raw: Socket | undefined, handlers: ConnectionHandlers): Connection {
  socket.on('message', (data, isBinary) => {
    if (!isBinary) handlers.onText();
    else if (Buffer.isBuffer(data)) handlers.onFrame(data); // always, with the binary type that is the default
  });
  socket.on('close', (code, reason) => handlers.onClosed(code, reason.toString()));
  return {
    send(frames, onSent) {
      const last = frames.length - 1;
      if (socket.readyState !== WebSocket.OPEN || last < 0) {
        onSent();
        return;
      }
      raw?.cork(); // so that all frames leave in one system call
      frames.forEach((frame, index) => {
        if (index === last) socket.send(frame, () => onSent());
        else socket.send(frame);
      });
      raw?.uncork();
    },
    close: (code, reason) => socket.close(code, reason),
  };
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
