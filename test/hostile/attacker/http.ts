// HTTP by hand: requests that no client would send, and what came back in a few words.

import type { Control, Target } from '../attack.ts';
import { RawConnection } from './raw_connection.ts';

/** Ends what is open when the attack is over. */
export function untilAborted(connection: RawConnection, { signal }: Control): RawConnection {
  const close = () => connection.close();
  if (signal.aborted) close();
  signal.addEventListener('abort', close, { once: true });
  connection.closed.then(() => signal.removeEventListener('abort', close));
  return connection;
}

/** The head of a request with a host that is the coordinator's own. */
export function head(target: Target, line: string, ...headers: readonly string[]): string {
  return [line, `Host: ${target.host}:${target.port}`, ...headers, '', ''].join('\r\n');
}

/** What a connection was answered: "HTTP 404", or "cut" if it was closed without a word. */
export async function answerOf(connection: RawConnection): Promise<string> {
  const status = await connection.until(
    (received) => /HTTP\/1\.1 (\d{3}) [^\r]*\r\n[\s\S]*?\r\n\r\n/.exec(received.toString('latin1'))?.[1],
  );
  return status === undefined ? 'cut' : `HTTP ${status}`;
}

/** Sends these bytes, as they are, over a new connection. */
export async function exchange(target: Target, control: Control, bytes: string | Uint8Array): Promise<string> {
  using connection = untilAborted(await RawConnection.open(target), control);
  connection.write(bytes);
  return await answerOf(connection);
}

/** What several requests were answered, each once, in the order of their first. */
export async function exchangeAll(
  target: Target,
  control: Control,
  requests: readonly (string | Uint8Array)[],
): Promise<string> {
  const answers = new Set<string>();
  for (const request of requests) answers.add(await exchange(target, control, request));
  return [...answers].join(', ');
}

/** Upgrades to a WebSocket, so that frames follow. */
export function upgradeHead(target: Target, path = '/worker', ...headers: readonly string[]): string {
  return head(
    target,
    `GET ${path} HTTP/1.1`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
    ...headers,
  );
}
