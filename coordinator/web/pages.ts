// What the coordinator serves to browsers: the dashboard, the run as it happens, and the model to try.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import sirv from 'sirv';
import type { ModelDescription } from '../../shared/watch/messages.ts';
import type { PreparedJob } from '../computation/prepared_job.ts';
import type { Watchers } from './watchers.ts';

const assets = fileURLToPath(new URL('../../dashboard/', import.meta.url));

/** Test samples that a page may ask for at once. */
const maximumSamples = 1_000;

/** Nothing comes from another host, nothing is evaluated but WebAssembly. */
const securityHeaders = {
  'content-security-policy':
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; " +
    "connect-src 'self' ws: wss:; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; " +
    "frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
} as const;

export interface PagesOptions {
  readonly prepared: PreparedJob;
  readonly watchers: Watchers;
  readonly step: () => number;
}

export type Pages = (request: IncomingMessage, response: ServerResponse) => void;

export function createPages({ prepared, watchers, step }: PagesOptions): Pages {
  // Read when they are first asked for: a run that nobody watches needs no dashboard.
  let serveAssets: ReturnType<typeof sirv> | undefined;
  return (request, response) => {
    for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end();
      return;
    }
    const url = new URL(request.url ?? '/', 'http://coordinator');
    switch (url.pathname) {
      case '/events':
        watchers.add(response);
        break;
      case '/model':
        sendJson(response, describeModel(prepared));
        break;
      case '/parameters':
        response.setHeader('x-gradswarm-step', String(step()));
        sendBytes(response, Buffer.from(prepared.state.parameterBytes));
        break;
      case '/test-samples':
        sendTestSamples(response, prepared, url.searchParams);
        break;
      default:
        serveAssets ??= sirv(assets, { etag: true, gzip: true });
        serveAssets(request, response, () => {
          response.writeHead(404).end('not found\n');
        });
    }
  };
}

function describeModel({ job, graph, data }: PreparedJob): ModelDescription {
  const { fields, test } = data.dataSet;
  const classes = fields.find((field) => field.classes !== undefined)?.classes ?? 0;
  return { numerics: job.numerics, graph, testSamples: test.count, classes };
}

function sendTestSamples(response: ServerResponse, { data }: PreparedJob, query: URLSearchParams): void {
  const available = data.dataSet.test.count;
  const [first, count] = [Number(query.get('first') ?? 0), Number(query.get('count') ?? 100)];
  const isValid = Number.isInteger(first) && Number.isInteger(count) && first >= 0 && count >= 1;
  if (!isValid || count > maximumSamples || first + count > available) {
    response.writeHead(400).end(`first and count: whole numbers, at most ${maximumSamples} of ${available} samples\n`);
    return;
  }
  sendBytes(response, Buffer.from(data.packedTestSamples(first, count)));
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(value));
}

function sendBytes(response: ServerResponse, bytes: Buffer): void {
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'cache-control': 'no-store' });
  response.end(bytes);
}
