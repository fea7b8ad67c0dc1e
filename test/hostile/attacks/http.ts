// Requests that are no requests: each is answered with a status or cut, and nothing else happens.

import type { Attack, Target } from '../attack.ts';
import { answerOf, exchange, exchangeAll, head, untilAborted } from '../attacker/http.ts';
import { RawConnection } from '../attacker/raw_connection.ts';

type Requests = (target: Target) => readonly (string | Uint8Array)[];

/** An attack that sends each request over a connection of its own. */
function requests(of: Pick<Attack, 'name' | 'line' | 'told'> & { readonly requests: Requests }): Attack {
  const { requests: make, ...rest } = of;
  return { ...rest, needs: 'no token', run: (target, control) => exchangeAll(target, control, make(target)) };
}

/** GET requests for these targets, written as they are. */
const gets =
  (...paths: readonly string[]): Requests =>
  (target) =>
    paths.map((path) => head(target, `GET ${path} HTTP/1.1`, 'Connection: close'));

const refused = /^(HTTP 4\d\d|cut)(, (HTTP 4\d\d|cut))*$/;

export const http: readonly Attack[] = [
  requests({ name: 'a target of two slashes', line: 1, told: refused, requests: gets('//', '///', '//?x') }),
  requests({
    name: 'targets that are no URL',
    line: 1,
    told: refused,
    requests: gets(
      'http://[',
      'http://',
      'http://a:99999/',
      '//[::1',
      '/\\',
      'x:y',
      '*',
      '/%',
      '/%E0%A4%A',
      '/%00',
      '/ÿ',
    ),
  }),
  requests({
    name: 'upgrades to targets that are no URL',
    line: 1,
    told: refused,
    requests: (target) =>
      ['//', 'http://[', '/worker/../..//', '*', '/worker%', '/worker/%'].map((path) =>
        head(
          target,
          `GET ${path} HTTP/1.1`,
          'Connection: Upgrade',
          'Upgrade: websocket',
          'Sec-WebSocket-Version: 13',
          'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
        ),
      ),
  }),
  requests({
    name: 'queries that are no numbers',
    line: 1,
    told: refused,
    requests: gets(
      '/test-samples?first=%',
      '/test-samples?first=-1',
      '/test-samples?first=1e308&count=1e308',
      '/test-samples?count=NaN',
      '/test-samples?first=0x10&count=99999999999999999999',
      '/test-samples?first=[&first=]',
    ),
  }),
  requests({
    name: 'ranges that run backwards',
    line: 4,
    told: /^HTTP (200|206|4\d\d)(, HTTP (200|206|4\d\d))*$/,
    requests: (target) =>
      [
        'bytes=100-50',
        'bytes=-',
        'bytes=9-8,7-6',
        'bytes=99999999999-1',
        'bytes=-99999999999',
        'bytes=0-0,-1',
        'lines=5',
      ].flatMap((range) =>
        ['/', '/icon.svg'].map((path) => head(target, `GET ${path} HTTP/1.1`, `Range: ${range}`, 'Connection: close')),
      ),
  }),
  requests({
    name: 'conditions that are none',
    line: 4,
    told: /^HTTP \d{3}(, HTTP \d{3})*$/,
    requests: (target) =>
      [
        'If-None-Match: "',
        'If-Modified-Since: never',
        'Accept-Encoding: gzip;q=ÿ',
        'If-Range: x\r\nRange: bytes=5-1',
      ].map((line) => head(target, 'GET / HTTP/1.1', line, 'Connection: close')),
  }),
  requests({
    name: 'paths out of the folder',
    line: 'http',
    told: refused,
    requests: gets(
      '/../package.json',
      '/..%2fpackage.json',
      '/%2e%2e/package.json',
      '/%2e%2e%2fpackage.json',
      '/..\\package.json',
      '/....//package.json',
      '/icon.svg/../../package.json',
      '/.%00./package.json',
      '/file:///etc/passwd',
      '/assets/%252e%252e/package.json',
    ),
  }),
  requests({
    name: 'bodies of two lengths',
    line: 'http',
    told: refused,
    requests: (target) => [
      head(target, 'POST / HTTP/1.1', 'Content-Length: 5', 'Transfer-Encoding: chunked') +
        '0\r\n\r\nGET /x HTTP/1.1\r\n\r\n',
      `${head(target, 'POST / HTTP/1.1', 'Content-Length: 5', 'Content-Length: 6')}hello!`,
      `${head(target, 'POST / HTTP/1.1', 'Transfer-Encoding: chunked, identity')}ff`,
      `${head(target, 'POST / HTTP/1.1', 'Transfer-Encoding: chunked')}-1\r\n\r\n`,
    ],
  }),
  requests({
    name: 'heads that are none',
    line: 'http',
    told: refused,
    requests: () => [
      'GET / HTTP/1.1\r\n\r\n',
      'GET / HTTP/1.1\nHost: a\n\n',
      'GET / HTTP/9.9\r\nHost: a\r\n\r\n',
      'FORGE / HTTP/1.1\r\nHost: a\r\n\r\n',
      'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
      'GET / HTTP/1.1\r\nHost: a\r\nX: \x00\r\n\r\n',
      '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    ],
  }),
  requests({
    name: 'heads without end',
    line: 'http',
    told: refused,
    requests: (target) => [
      head(target, `GET /${'a'.repeat(20_000)} HTTP/1.1`),
      head(target, 'GET / HTTP/1.1', `X: ${'a'.repeat(20_000)}`),
      head(target, 'GET / HTTP/1.1', ...Array.from({ length: 4_000 }, (_, index) => `X${index}: y`)),
    ],
  }),
  requests({
    name: 'methods that change things',
    line: 'http',
    told: refused,
    requests: (target) =>
      ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE'].flatMap((method) =>
        ['/', '/status', '/events', '/parameters'].map((path) =>
          head(target, `${method} ${path} HTTP/1.1`, 'Connection: close'),
        ),
      ),
  }),
  {
    name: 'hosts that are not the coordinator’s',
    line: 14,
    needs: 'no token',
    told: /^HTTP (400|421|429)(, HTTP (400|421|429))*$/,
    run: (target, control) =>
      exchangeAll(
        target,
        control,
        [
          'evil.example',
          'evil.example:80',
          '127.0.0.1.evil.example',
          '127.0.0.1@evil.example',
          '[::1',
          '2130706433',
          '0',
        ].flatMap((host) =>
          ['/', '/status', '/events', '/parameters', '/model'].map((path) =>
            [`GET ${path} HTTP/1.1`, `Host: ${host}`, 'Connection: close', '', ''].join('\r\n'),
          ),
        ),
      ),
  },
  {
    name: 'upgrades from pages of other origins',
    line: 14,
    needs: 'no token',
    told: /^HTTP (403|404|429)(, HTTP (403|404|429))*$/,
    run: (target, control) => exchangeAll(target, control, foreignUpgrades(target)),
  },
  requests({
    name: 'everything without a token',
    line: 19,
    told: /^HTTP (401|429)(, HTTP (401|429))*$/,
    requests: (target) =>
      [
        'status',
        'events',
        'parameters',
        'model',
        'test-samples',
        'metrics',
        'nothing',
        'STATUS',
        'status/',
        'status?x',
      ].flatMap((path) =>
        ['Connection: close', 'Authorization: Bearer', 'Authorization: Basic YTpi'].map((credentials) =>
          head(target, `GET /${path} HTTP/1.1`, credentials),
        ),
      ),
  }),
  {
    name: 'guessed tokens',
    line: 21,
    needs: 'no token',
    told: /^HTTP (401|429)(, HTTP (401|429))*$/,
    async run(target, control) {
      const guesses = ['administrator', 'x'.repeat(16), 'y'.repeat(1_024), '0'.repeat(43)];
      const answers = await Promise.all(
        guesses.map((guess) =>
          exchange(target, control, head(target, 'GET /status HTTP/1.1', `Authorization: Bearer ${guess}`)),
        ),
      );
      return [...new Set(answers)].join(', ');
    },
  },
  {
    name: 'requests in a pipeline',
    line: 'http',
    needs: 'no token',
    told: /^(HTTP \d{3}|cut)$/,
    async run(target, control) {
      using connection = untilAborted(await RawConnection.open(target), control);
      for (let request = 0; request < 200; request++) connection.write(head(target, 'GET / HTTP/1.1'));
      return await answerOf(connection);
    },
  },
  {
    name: 'a request that is reset before its answer',
    line: 5,
    needs: 'no token',
    told: /^reset$/,
    async run(target, control) {
      for (const path of ['/', '/parameters', '/events', '/model', '/test-samples']) {
        using connection = untilAborted(await RawConnection.open(target), control);
        connection.write(head(target, `GET ${path} HTTP/1.1`));
        await connection.drained();
        connection.reset();
      }
      return 'reset';
    },
  },
  {
    name: 'a page while nothing else can be read',
    line: 5,
    needs: 'no token',
    told: /^HTTP (200|304|429)$/,
    run: (target, control) => exchange(target, control, head(target, 'GET /icon.svg HTTP/1.1', 'Connection: close')),
  },
];

function foreignUpgrades(target: Target): readonly string[] {
  const origins = [
    'http://evil.example',
    `http://${target.host}:${target.port + 1}`,
    'null',
    'file://',
    `http://${target.host}.evil.example`,
    '',
  ];
  return origins.flatMap((origin) =>
    ['/worker', '/'].map((path) =>
      head(
        target,
        `GET ${path} HTTP/1.1`,
        `Origin: ${origin}`,
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
      ),
    ),
  );
}
