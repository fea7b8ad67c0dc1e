// A server as the coordinator opens it, and requests to it as they are on the wire.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Access } from '../../../coordinator/connections/access.ts';
import { type CoordinatorServer, listen, type ServerOptions } from '../../../coordinator/web/server.ts';
import { systemClock } from '../../../shared/node/system_clock.ts';

/** Without a token, with nothing to be had; a bug fails the test. */
export function openServer(options: Partial<ServerOptions> = {}): Promise<CoordinatorServer> {
  return listen({
    host: '127.0.0.1',
    port: 0,
    access: new Access({ now: systemClock.now }),
    clock: systemClock,
    routes: () => new Map(),
    onTrouble: (line) => {
      throw new Error(line);
    },
    ...options,
  });
}

export interface Answer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** Sends text as it stands; resolves with all that comes back before the connection is closed. */
export async function say(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined); // followed by a close
  socket.write(text);
  return read(socket);
}

export async function read(socket: Socket): Promise<string> {
  let answer = '';
  socket.setEncoding('latin1').on('data', (piece) => {
    answer += piece;
  });
  await once(socket, 'close');
  return answer;
}

/** A request for a path of this server, with more headers or others. */
export async function ask(
  port: number,
  target: string,
  headers: Readonly<Record<string, string>> = {},
  method = 'GET',
) {
  const fields = { host: `127.0.0.1:${port}`, connection: 'close', ...headers };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return parseAnswer(await say(port, `${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`));
}

export function parseAnswer(text: string): Answer {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const [line = '', ...fields] = head.split('\r\n');
  const headers = fields.map((field) => {
    const [name = '', ...value] = field.split(': ');
    return [name.toLowerCase(), value.join(': ')] as const;
  });
  return { status: Number(line.split(' ')[1]), headers: new Map(headers), body: rest.join('\r\n\r\n') };
}
