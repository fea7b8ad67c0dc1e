// The border of the server over real connections: what comes in as it is on the wire, what goes back.

import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Access } from '../../../coordinator/connections/access.ts';
import { securityHeaders } from '../../../coordinator/connections/refusal.ts';
import type { Route, Routes } from '../../../coordinator/web/routes.ts';
import type { CoordinatorServer, ServerOptions } from '../../../coordinator/web/server.ts';
import { Inbox, ScriptedClock } from '../../worker/session/scripted.ts';
import { ask, openServer, parseAnswer, read, say } from './open_server.ts';

const secret = 'a-secret-of-24-characters';

const route = (answer: Route['answer'], role: Route['role'] = 'watcher'): Route => ({
  methods: ['GET', 'HEAD'],
  role,
  answer,
});
const hello = route(({ response, role }) => response.end(`hello ${role}`));

let server: CoordinatorServer;
afterEach(() => server.close());

async function start(routes: Readonly<Record<string, Route>>, options: Partial<ServerOptions> = {}): Promise<number> {
  const table: Routes = new Map(Object.entries(routes));
  server = await openServer({ routes: () => table, ...options });
  return server.port;
}

describe('a request', () => {
  it('is answered by the route to its path', async () => {
    const port = await start({ '/hello': hello });
    expect(await ask(port, '/hello?whoever=asks')).toMatchObject({
      status: 200,
      body: expect.stringContaining('hello'),
    });
    expect(await ask(port, '/hell')).toMatchObject({ status: 404, body: 'there is nothing at this path\n' });
  });

  it.each([
    ['GET // HTTP/1.1', 400],
    ['GET http://[ HTTP/1.1', 400],
    ['GET //evil/hello HTTP/1.1', 400],
    ['GET /\\evil/hello HTTP/1.1', 404],
    ['GET /../hello HTTP/1.1', 404],
    ['GET /%2e%2e/hello HTTP/1.1', 404],
    ['GET * HTTP/1.1', 400],
    ['OPTIONS /hello HTTP/1.1', 405],
    ['POST /hello HTTP/1.1', 405],
    ['nonsense', 400],
  ])('that begins with %s gets status %d', async (line, status) => {
    const port = await start({ '/hello': hello });
    const text = await say(port, `${line}\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    expect(parseAnswer(text).status).toBe(status);
    expect((await ask(port, '/hello')).status).toBe(200);
  });

  it.each(['bytes=100-50', 'bytes=x', 'bytes=-', 'lines=1-2', 'bytes=0-1,5-2'])(
    'with the bad range %s is refused, one with a good one answered whole',
    async (range) => {
      const port = await start({ '/hello': hello });
      expect((await ask(port, '/hello', { range })).status).toBe(400);
      expect((await ask(port, '/hello', { range: 'bytes=2-3, -5' })).status).toBe(200);
    },
  );

  it.each([
    ['no Host', 'GET /hello HTTP/1.1\r\n'],
    ['an empty Host', 'GET /hello HTTP/1.1\r\nHost: \r\n'],
    ['two', 'GET /hello HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n'],
    ['no host at all', 'GET /hello HTTP/1.1\r\nHost: a b\r\n'],
  ])('that names %s is refused', async (_, head) => {
    const port = await start({ '/hello': hello });
    expect(parseAnswer(await say(port, `${head}Connection: close\r\n\r\n`)).status).toBe(400);
  });

  it('by a name that is not the server’s is misdirected, and told how that would be mended', async () => {
    const port = await start({ '/hello': hello }, { allowedHosts: ['swarm.example'] });
    const misdirected = await ask(port, '/hello', { host: 'evil.example' });
    expect(misdirected.status).toBe(421);
    expect(misdirected.body).toMatch(/--allow-host evil\.example/);
    expect((await ask(port, '/hello', { host: `swarm.example:${port}` })).status).toBe(200);
    expect((await ask(port, '/hello', { host: `[::1]:${port}` })).status).toBe(200);
  });

  it.each(['Content-Length: 5\r\n\r\nhello', 'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n'])(
    'with a body is refused and its connection closed, however much is still to come: %j',
    async (body) => {
      const port = await start({ '/hello': hello });
      const text = await say(port, `GET /hello HTTP/1.1\r\nHost: localhost\r\n${body}`);
      expect(parseAnswer(text)).toMatchObject({ status: 413 });
      expect(parseAnswer(text).headers.get('connection')).toBe('close');
    },
  );

  it.each(['cross-site', 'same-site'])(
    'that a page sent %s gets what anybody may have, and nothing else',
    async (site) => {
      const port = await start({
        '/hello': hello,
        '/shell': route(({ response }) => response.end('shell'), 'anybody'),
      });
      const headers = { 'sec-fetch-site': site };
      expect((await ask(port, '/hello', headers)).status).toBe(403);
      expect((await ask(port, '/shell', headers)).status).toBe(200);
      expect((await ask(port, '/hello', { 'sec-fetch-site': 'same-origin' })).status).toBe(200);
    },
  );

  it('that names a foreign origin is refused, where a browser says no more than that', async () => {
    const port = await start({ '/hello': hello });
    expect((await ask(port, '/hello', { origin: 'http://evil.example' })).status).toBe(403);
    expect((await ask(port, '/hello', { origin: `https://127.0.0.1:${port}` })).status).toBe(403);
    expect((await ask(port, '/hello', { origin: `http://127.0.0.1:${port}` })).status).toBe(200);
  });

  it('that our own fault keeps from being answered gets 500, and the operator one line for many', async () => {
    const troubles: string[] = [];
    const broken = route(() => {
      throw new TypeError('of ours');
    });
    const port = await start({ '/broken': broken }, { onTrouble: (line) => troubles.push(line) });
    for (let time = 0; time < 3; time++) expect((await ask(port, '/broken')).status).toBe(500);
    expect(troubles).toEqual([expect.stringMatching(/^GET \/broken could not be answered: of ours at .*$/)]);
  });

  it('whose answer breaks off in the middle ends with its connection', async () => {
    const halfway = route(({ response }) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('half');
      throw new TypeError('of ours');
    });
    const port = await start({ '/halfway': halfway }, { onTrouble: () => undefined });
    expect((await ask(port, '/halfway')).body.length).toBeLessThan(100);
  });

  it('that comes before the one before it was answered ends the connection', async () => {
    const port = await start({ '/hello': hello });
    const request = 'GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n';
    const text = await say(port, request + request);
    expect(text.split('HTTP/1.1 200').length - 1).toBeLessThan(2);
  });

  it('that comes too often is told to come back', async () => {
    const port = await start({ '/hello': hello }, { limits: { requestsPerSecond: 1 }, clock: new ScriptedClock() });
    const statuses = [];
    for (let time = 0; time < 3; time++) statuses.push((await ask(port, '/hello')).status);
    expect(statuses).toEqual([200, 200, 429]);
    expect((await ask(port, '/hello')).headers.get('retry-after')).toBe('1');
  });

  it('on one connection too many of an address waits for its turn', async () => {
    const clock = new ScriptedClock();
    const port = await start({ '/hello': hello }, { limits: { openingsPerAddress: 1 }, clock });
    for (let opening = 0; opening < 10; opening++) expect((await ask(port, '/hello')).status).toBe(200);
    const waiting = Array.from({ length: 5 }, () => ask(port, '/hello'));
    expect(parseAnswer(await say(port, '')).status).toBe(503);
    clock.advance(5_000);
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual(Array(5).fill(200));
  });

  it('of a flood is cut off without a word when many have been told', async () => {
    const port = await start({ '/hello': hello }, { limits: { openingsPerAddress: 1 }, clock: new ScriptedClock() });
    const flood = Array.from({ length: 15 + 200 + 1 }, () => say(port, ''));
    expect(await flood.at(-1)).toBe('');
    expect(await flood.at(-2)).toContain('503');
  });

  it('that never comes whole is given up, and so is a connection that says nothing', async () => {
    const port = await start({}, { limits: { requestSeconds: 1 } });
    expect(parseAnswer(await say(port, 'GET / HTTP/1.1\r\n')).status).toBe(408);
    expect(parseAnswer(await say(port, '')).status).toBe(408);
  });
});

describe('security headers', () => {
  it.each([
    ['an answer', 'GET /hello HTTP/1.1\r\nHost: localhost\r\n'],
    ['a path without a route', 'GET /nothing HTTP/1.1\r\nHost: localhost\r\n'],
    ['a foreign Host', 'GET /hello HTTP/1.1\r\nHost: evil.example\r\n'],
    ['what is no request', 'nonsense\r\n'],
    ['a wrong expectation', 'GET /hello HTTP/1.1\r\nHost: localhost\r\nExpect: much\r\n'],
    ['a refused upgrade', 'GET /events HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: upgrade\r\n'],
    ['a bad upgrade', 'GET /worker HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: upgrade\r\n'],
  ])('are on %s', async (_, head) => {
    const port = await start({ '/hello': hello });
    server.admit(() => undefined);
    const { headers } = parseAnswer(
      await say(port, `${head}${/upgrade/.test(head) ? '' : 'Connection: close\r\n'}\r\n`),
    );
    expect(Object.fromEntries([...headers].filter(([name]) => name in securityHeaders))).toEqual(securityHeaders);
  });

  it('let a page connect to its own server alone, and be framed by none', () => {
    const policy = securityHeaders['content-security-policy'];
    expect(policy).toContain("connect-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
  });

  it('do not ask browsers for what they refuse to pages that came unencrypted from afar', async () => {
    const port = await start({ '/hello': hello }, { allowedHosts: ['swarm.example'] });
    const { headers } = await ask(port, '/hello', { host: 'swarm.example' });
    expect(headers.has('cross-origin-opener-policy')).toBe(false);
  });
});

describe('a token', () => {
  const access = () => new Access({ token: secret, now: () => 0 });
  const bearer = (token: string | undefined) => ({ authorization: `Bearer ${token}` });

  it('is asked for at every path but those of the shell', async () => {
    const port = await start(
      { '/hello': hello, '/shell': route(({ response }) => response.end('shell'), 'anybody') },
      { access: access() },
    );
    for (const path of ['/hello', '/nothing']) {
      const { status, headers } = await ask(port, path);
      expect(status).toBe(401);
      expect(headers.get('www-authenticate')).toBe('Bearer realm="gradswarm"');
    }
    expect((await ask(port, '/hello', {}, 'POST')).status).toBe(401);
    expect((await ask(port, '/shell')).status).toBe(200);
    expect((await ask(port, `/hello?token=${secret}`)).status).toBe(401);
  });

  it('gives whoever presents it its role', async () => {
    const known = access();
    const port = await start({ '/hello': hello, '/all': { ...hello, role: 'administrator' } }, { access: known });
    const said = async (token: string | undefined) => (await ask(port, '/hello', bearer(token))).body;
    expect(await said(known.watcherToken)).toContain('hello watcher');
    expect(await said(known.workerToken)).toContain('hello worker');
    expect(await said(secret)).toContain('hello administrator');
    expect((await ask(port, '/all', bearer(known.workerToken))).status).toBe(403);
    expect((await ask(port, '/all', bearer(secret))).status).toBe(200);
  });

  it('that is wrong is refused late, and too many of them at once', async () => {
    const clock = new ScriptedClock();
    const limits = { wrongTokensPerAddress: 1 };
    const port = await start(
      { '/hello': hello },
      { access: new Access({ token: secret, now: clock.now, limits }), clock },
    );
    const refused = new Inbox<number>();
    void ask(port, '/hello', bearer('a-guess')).then(({ status }) => refused.put(status));
    // The look at unread answers, and the refusal.
    while (clock.pending < 2) await new Promise(setImmediate);
    const other = await ask(port, '/hello', bearer('another-guess'));
    expect(other.status).toBe(429);
    expect(other.headers.has('retry-after')).toBe(true);
    clock.advance(999);
    expect(refused.waiting).toEqual([]);
    clock.advance(1);
    expect(await refused.next()).toBe(401);
  });
});

describe('an upgrade', () => {
  const upgradeOf = (path: string, headers: Readonly<Record<string, string>> = {}) => ({
    text: Object.entries({
      host: 'localhost',
      upgrade: 'websocket',
      connection: 'upgrade',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'sec-websocket-version': '13',
      ...headers,
    }).reduce((text, [name, value]) => `${text}${name}: ${value}\r\n`, `GET ${path} HTTP/1.1\r\n`),
  });
  const statusOf = async (port: number, ...upgrade: Parameters<typeof upgradeOf>) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined); // followed by a close
    socket.write(`${upgradeOf(...upgrade).text}\r\n`);
    const [first] = await once(socket, 'data');
    socket.destroy();
    return parseAnswer(String(first)).status;
  };

  async function admitting(options: Partial<ServerOptions> = {}): Promise<number> {
    const port = await start({ '/hello': hello }, options);
    server.admit(() => undefined);
    return port;
  }

  it.each([
    ['/worker', {}, 101],
    ['/worker?x', {}, 101],
    ['/worker?%', {}, 400],
    ['/', {}, 404],
    ['/events', {}, 404],
    ['//', {}, 400],
    ['/worker', { host: 'evil.example' }, 421],
    ['/worker', { origin: 'http://localhost' }, 101],
    ['/worker', { origin: 'http://evil.example' }, 403],
    ['/worker', { origin: 'http://localhost:1' }, 403],
    ['/worker', { origin: 'https://localhost' }, 403],
    ['/worker', { origin: 'null' }, 403],
    ['/worker', { upgrade: 'h2c' }, 400],
    ['/worker', { 'sec-websocket-key': 'short' }, 400],
  ])('to %s with %j gets status %d', async (path, headers, status) => {
    expect(await statusOf(await admitting(), path, headers)).toBe(status);
  });

  it('is told to come back while the run is being prepared, also if it is gone by then', async () => {
    const port = await start({});
    for (let time = 0; time < 20; time++) {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write(`${upgradeOf('/worker').text}\r\n`);
      await once(socket, 'connect');
      socket.resetAndDestroy();
    }
    expect(await statusOf(port, '/worker')).toBe(503);
  });

  it('counts as a request', async () => {
    const port = await admitting({ limits: { requestsPerSecond: 1 }, clock: new ScriptedClock() });
    const statuses = [];
    for (let time = 0; time < 3; time++) statuses.push(await statusOf(port, '/worker'));
    expect(statuses).toEqual([101, 101, 429]);
  });

  it('does not take over a connection that is still being answered', async () => {
    const port = await start({ '/slow': route(({ response }) => void response.write('begun')) });
    server.admit(() => {
      throw new Error('let in');
    });
    const socket = connect(port, '127.0.0.1');
    socket.write('GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await once(socket, 'data');
    socket.write(`${upgradeOf('/worker').text}\r\n`);
    await once(socket, 'close');
  });

  it('is what the path for workers asks for', async () => {
    const { status, headers } = await ask(await admitting(), '/worker');
    expect(status).toBe(426);
    expect(headers.get('upgrade')).toBe('websocket');
  });

  it('that our own fault breaks costs its connection, and the operator a line', async () => {
    const troubles: string[] = [];
    const port = await start({}, { onTrouble: (line) => troubles.push(line) });
    server.admit(() => {
      throw new TypeError('of ours');
    });
    await say(port, `${upgradeOf('/worker').text}\r\n`);
    expect(troubles).toEqual([expect.stringMatching(/^a worker could not be let in: of ours at /)]);
  });
});

describe('connections', () => {
  it('beyond the limits are told to come back, those that were there before stay', async () => {
    const port = await start({ '/hello': hello }, { limits: { tcpConnectionsPerAddress: 1, requestSeconds: 60 } });
    const first = connect(port, '127.0.0.1');
    await once(first, 'connect');
    const second = parseAnswer(await read(connect(port, '127.0.0.1')));
    expect(second.status).toBe(503);
    expect(second.headers.get('retry-after')).toBe('10');
    first.write('GET /hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    expect(parseAnswer(await read(first)).status).toBe(200);
    while ((await ask(port, '/hello').catch(() => undefined))?.status !== 200);
  });

  it('whose answer nobody takes are cut', async () => {
    const clock = new ScriptedClock();
    const ends = new Inbox<string>();
    const flood = route(({ response }) => {
      response.once('close', () => ends.put('cut'));
      const more = () => {
        while (response.write(Buffer.alloc(1 << 20)));
        response.once('drain', more);
      };
      more();
    });
    const port = await start({ '/flood': flood }, { clock });
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write('GET /flood HTTP/1.1\r\nHost: localhost\r\n\r\n');
    // The system takes over some of it first, in its own time.
    while (ends.waiting.length === 0) {
      clock.advance(1_000);
      await new Promise(setImmediate);
    }
    expect(clock.now()).toBeGreaterThanOrEqual(20_000);
    socket.destroy();
  });
});
