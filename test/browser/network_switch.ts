// A network that can be switched off: what is connected through it breaks, and nothing new can be connected.

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface NetworkSwitch {
  readonly port: number;
  readonly off: () => void;
  readonly on: () => void;
  readonly close: () => void;
}

export async function startNetworkSwitch(targetPort: number): Promise<NetworkSwitch> {
  const sockets = new Set<Socket>();
  let isOn = true;
  const cut = () => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  const server = createServer((near) => {
    if (!isOn) {
      near.destroy();
      return;
    }
    const far = connect(targetPort, '127.0.0.1');
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => undefined); // followed by a close
      socket.on('close', () => other.destroy());
      socket.pipe(other);
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    off() {
      isOn = false;
      cut();
    },
    on() {
      isOn = true;
    },
    close() {
      cut();
      server.close();
    },
  };
}
