// The files of the page, held in memory: a dozen that never change while the coordinator runs.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Exchange, Route } from './routes.ts';

/** Where the build puts them. */
export const assetsFolder = fileURLToPath(new URL('../../dashboard/', import.meta.url));

const contentTypes: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

const compressedSuffix = '.gz';

interface Asset {
  readonly contentType: string;
  readonly etag: string;
  readonly bytes: Buffer;
  readonly compressed: Buffer | undefined;
}

/** A route to each file of a folder, and to its `index.html` at the root; none if the page was not built. */
export function assetRoutes(folder: string): ReadonlyMap<string, Route> {
  const routes = new Map<string, Route>();
  const names = namesIn(folder);
  for (const name of names.filter((each) => extname(each) in contentTypes)) {
    const compressed = names.includes(name + compressedSuffix)
      ? readFileSync(join(folder, name + compressedSuffix))
      : undefined;
    const asset = assetOf(name, readFileSync(join(folder, name)), compressed);
    const route: Route = {
      methods: ['GET', 'HEAD'],
      role: 'anybody',
      answer: (exchange) => sendAsset(asset, exchange),
    };
    routes.set(`/${name}`, route);
    if (name === 'index.html') routes.set('/', route);
  }
  return routes;
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function assetOf(name: string, bytes: Buffer, compressed: Buffer | undefined): Asset {
  const digest = createHash('sha256').update(bytes).digest('base64url').slice(0, 22);
  return {
    contentType: contentTypes[extname(name)] ?? 'application/octet-stream',
    // Weak: the same for the file and its compressed form.
    etag: `W/"${digest}"`,
    bytes,
    compressed,
  };
}

function sendAsset({ contentType, etag, bytes, compressed }: Asset, { request, response }: Exchange): void {
  const { 'if-none-match': known = '', 'accept-encoding': encodings = '' } = request.headers;
  const headers = { etag, 'cache-control': 'no-cache', vary: 'accept-encoding' };
  if (known.split(/, */).includes(etag)) {
    response.writeHead(304, headers).end();
    return;
  }
  const isCompressed = compressed !== undefined && /\bgzip\b/.test(String(encodings));
  const body = isCompressed ? compressed : bytes;
  response.writeHead(200, {
    ...headers,
    'content-type': contentType,
    'content-length': body.length,
    ...(isCompressed ? { 'content-encoding': 'gzip' } : {}),
  });
  // Node leaves the body out where only its head was asked for.
  response.end(body);
}
