// Behind the real nginx, Caddy and HAProxy, configured as README says: but for the names, ports and files.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type CertificateFiles, makeCertificate } from '../certificates.ts';
import { readmeBlock } from '../readme.ts';
import { Command, digestIn, run, temporaryFolder } from './processes.ts';

/** The client's address as the proxy sees it: the proxy itself has another one. */
const clientAddress = '127.0.0.7';
const job = ['mnist-mlp', '--set', 'batchSize=270', '--set', 'steps=60'];

interface Place {
  readonly folder: string;
  /** Where the proxy listens. */
  readonly port: number;
  /** Where the coordinator does. */
  readonly upstream: number;
  readonly certificate: CertificateFiles;
}

interface Proxy {
  readonly name: string;
  /** Its configuration, from README's. */
  readonly configuration: (place: Place) => string;
  readonly command: (file: string, place: Place) => readonly string[];
}

const proxies: readonly Proxy[] = [
  {
    name: 'nginx',
    configuration: ({ folder, port, upstream, certificate }) => {
      const server = readmeBlock(/^ {2}ssl_certificate /m)
        .replace('listen 443', `listen 127.0.0.1:${port}`)
        .replace('127.0.0.1:8080', `127.0.0.1:${upstream}`)
        .replace('/etc/ssl/train.pem', certificate.certificate)
        .replace('/etc/ssl/train.key', certificate.key);
      const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
        .map((name) => `${name}_temp_path ${folder}/${name};`)
        .join('\n');
      return `daemon off;\npid ${folder}/pid;\nerror_log stderr;\nevents {}\nhttp {\naccess_log off;\n${paths}\n${server}}\n`;
    },
    command: (file, { folder }) => ['nginx', '-p', folder, '-c', file],
  },
  {
    name: 'caddy',
    configuration: ({ port, upstream, certificate }) =>
      `{\n  admin off\n  skip_install_trust\n  auto_https disable_redirects\n}\n${readmeBlock(/^ {2}reverse_proxy /m)
        .replace(
          'train.example.org {',
          `https://train.example.org:${port}, https://127.0.0.1:${port} {\n  bind 127.0.0.1\n  tls ${certificate.certificate} ${certificate.key}`,
        )
        .replace('127.0.0.1:8080', `127.0.0.1:${upstream}`)}`,
    command: (file) => ['caddy', 'run', '--adapter', 'caddyfile', '--config', file],
  },
  {
    name: 'haproxy',
    configuration: ({ folder, port, upstream }) =>
      readmeBlock(/^frontend train$/m)
        .replace('bind :443', `bind 127.0.0.1:${port}`)
        .replace('127.0.0.1:8080', `127.0.0.1:${upstream}`)
        .replace('/etc/haproxy/train.pem', join(folder, 'both.pem')),
    command: (file) => ['haproxy', '-db', '-f', file],
  },
];

let reference = '';
beforeAll(async () => {
  await using folder = await temporaryFolder();
  reference = digestIn(await run('train', ...job, '--in-process', '--run', join(folder.path, 'run')));
});

describe.each(proxies)('behind $name', (proxy) => {
  it('a worker trains to the same bits, is known by its address, and a foreign page is refused', async () => {
    await using folder = await temporaryFolder();
    const certificate = makeCertificate({ folder: folder.path, names: ['DNS:train.example.org', 'IP:127.0.0.1'] });
    const [pem, key] = [readFileSync(certificate.certificate, 'utf8'), readFileSync(certificate.key, 'utf8')];
    await writeFile(join(folder.path, 'both.pem'), `${pem}${key}`);
    const names = ['--trust-proxy', '127.0.0.1', '--allow-host', 'train.example.org'];
    const path = join(folder.path, 'run');
    const flags = ['--workers', '0', '--no-own-share', '--run', path, ...names];
    const coordinator = new Command(['train', ...job, ...flags]);
    const [, upstream = ''] = await coordinator.match(/listening on ws:\/\/127\.0\.0\.1:(\d+)/);
    const port = await freePort();
    const place = { folder: folder.path, port, upstream: Number(upstream), certificate };
    const running = await start(proxy, place);
    const relay = await startRelay(port);
    try {
      expect(await statusOf(relay.port, pem, 'https://evil.example')).toBe(403);
      expect(await statusOf(relay.port, pem, 'https://train.example.org')).toBe(101);
      const worker = run(
        'worker',
        `wss://127.0.0.1:${relay.port}`,
        '--processes',
        '1',
        '--ca',
        certificate.certificate,
      );
      const finished = await coordinator.finished;
      expect(finished.output).toMatch(new RegExp(`worker \\w+ joined \\(node, ${clientAddress}\\)`));
      expect(digestIn(finished)).toBe(reference);
      expect((await worker).code).toBe(0);
    } finally {
      relay.close();
      running.kill();
      coordinator.signal('SIGKILL');
    }
  });
});

/** Starts a proxy and waits until it accepts connections. */
async function start(proxy: Proxy, place: Place): Promise<ChildProcess> {
  const file = join(place.folder, `${proxy.name}.conf`);
  await writeFile(file, proxy.configuration(place));
  const [program = '', ...flags] = proxy.command(file, place);
  const environment = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin`, HOME: place.folder };
  const child = spawn(program, flags, { stdio: ['ignore', 'ignore', 'pipe'], env: environment });
  let errors = '';
  let missing: Error | undefined;
  child.stderr.on('data', (text) => {
    errors += text;
  });
  child.once('error', () => {
    missing = new Error(`${proxy.name} is missing: install Debian’s package ${proxy.name}`);
  });
  while (!(await accepts(place.port))) {
    if (missing !== undefined) throw missing;
    if (child.exitCode !== null) throw new Error(`${proxy.name} ended:\n${errors}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return child;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (result: boolean) => () => {
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', end(true));
    socket.once('error', end(false));
  });
}

/** Passes bytes on from an address of its own, by which the proxy knows the client. */
async function startRelay(port: number) {
  const server = createServer((client) => {
    const onward = connect({ port, host: '127.0.0.1', localAddress: clientAddress });
    for (const [one, other] of [
      [client, onward],
      [onward, client],
    ] as const) {
      one.on('error', () => other.destroy());
      one.pipe(other);
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}

/** The status by which a page's request for a WebSocket is answered. */
function statusOf(port: number, ca: string, origin: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const options = { ca, origin, headers: { host: 'train.example.org' }, servername: 'train.example.org' };
    const socket = new WebSocket(`wss://127.0.0.1:${port}/worker`, options);
    socket.once('unexpected-response', (_request, { statusCode }) => {
      socket.terminate();
      resolve(statusCode);
    });
    socket.once('open', () => {
      socket.terminate();
      resolve(101);
    });
    socket.on('error', reject);
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
