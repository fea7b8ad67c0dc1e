// The transport of a volunteer: the browser's WebSocket.

import { textRefused } from '../../shared/protocol/close_codes.ts';
import type { Connection, ConnectionHandlers } from '../../shared/protocol/connection.ts';
import { pathForWorkers } from '../../shared/protocol/worker_path.ts';
import type { Connect } from '../session/connection.ts';

/** Milliseconds for the connection to open. */
const openTimeout = 10_000;

/** Milliseconds that a closing handshake may take before the connection is given up. */
const closeTimeout = 1_000;

const abnormal = 1006;

/** Browsers send longer frames in fragments (Chromium: some at 64 KiB, all at 131,000 bytes), which are slower to read. */
const chunkBytes = 32 * 1024;

/** @param url of the coordinator, or where its workers connect. */
export function connectTo(url: string): Connect {
  const address = new URL(url);
  address.pathname = pathForWorkers(address.pathname);
  return (handlers, signal) =>
    new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const socket = new WebSocket(address);
      socket.binaryType = 'arraybuffer';
      const give = (reason: string) => {
        socket.onopen = null;
        socket.onclose = null;
        clearTimeout(timer);
        signal.removeEventListener('abort', abort);
        socket.close();
        reject(new Error(reason));
      };
      const abort = () => give('stopped');
      const timer = setTimeout(() => give('no answer'), openTimeout);
      signal.addEventListener('abort', abort);
      // The browser does not tell a page why.
      socket.onclose = () => give('the coordinator cannot be reached');
      socket.onopen = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', abort);
        resolve(attach(socket, handlers));
      };
    });
}

function attach(socket: WebSocket, handlers: ConnectionHandlers): Connection {
  let isClosed = false;
  const closed = (code: number, reason: string) => {
    if (isClosed) return;
    isClosed = true;
    handlers.onClosed(code, reason);
  };
  socket.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (isClosed) return;
    if (data instanceof ArrayBuffer) handlers.onFrame(new Uint8Array(data));
    else handlers.onRefused(textRefused());
  };
  socket.onclose = ({ code, reason }) => closed(code, reason);
  return {
    chunkBytes,
    unsentBytes: () => socket.bufferedAmount,
    send(frames, onSent) {
      // The browser copies what it is given, and ignores it once the connection is closed.
      for (const frame of frames) socket.send(frame as Uint8Array<ArrayBuffer>);
      onSent();
    },
    close(code, reason) {
      socket.close(code, reason);
      setTimeout(() => closed(abnormal, ''), closeTimeout);
    },
  };
}
