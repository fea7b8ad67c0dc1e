// What plain TCP takes to carry bytes to another process and other bytes back: the floor under a training step's wire.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { builtScript } from './places.ts';

export interface RoundTripBytes {
  readonly down: number;
  readonly up: number;
}

const warmUpTrips = 100;

/** Milliseconds of each of that many round trips, one after the other. */
export async function timeRoundTrips({ down, up }: RoundTripBytes, trips: number): Promise<readonly number[]> {
  const server = createServer({ noDelay: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const echo = fork(builtScript('raw_tcp_echo.js'), [String(port), String(down), String(up)]);
  const [socket]: Socket[] = await once(server, 'connection');
  if (socket === undefined) throw new Error('no connection');
  try {
    const durations = await exchange(socket, Buffer.alloc(down, 1), up, warmUpTrips + trips);
    return durations.slice(warmUpTrips);
  } finally {
    socket.destroy();
    server.close();
    echo.kill();
  }
}

function exchange(socket: Socket, message: Buffer, answerBytes: number, trips: number): Promise<readonly number[]> {
  return new Promise((resolve) => {
    const durations: number[] = [];
    let received = 0;
    let start = performance.now();
    socket.on('data', ({ length }) => {
      received += length;
      if (received < answerBytes) return;
      received -= answerBytes;
      const now = performance.now();
      durations.push(now - start);
      if (durations.length === trips) return resolve(durations);
      start = performance.now();
      socket.write(message);
    });
    socket.write(message);
  });
}
