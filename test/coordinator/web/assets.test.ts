// The page's files, from a folder that is gone by the time they are asked for.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { assetRoutes } from '../../../coordinator/web/assets.ts';
import type { CoordinatorServer } from '../../../coordinator/web/server.ts';
import { openServer } from './open_server.ts';

let server: CoordinatorServer;
afterEach(() => server.close());

async function serve(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gradswarm-assets-'));
  await writeFile(join(folder, 'index.html'), '<p>the page');
  await writeFile(join(folder, 'page.js'), 'let x;');
  await writeFile(join(folder, 'page.js.gz'), gzipSync('let x;'));
  const routes = assetRoutes(folder);
  await rm(folder, { recursive: true });
  server = await openServer({ routes: () => routes });
  return `http://127.0.0.1:${server.port}`;
}

describe('the page’s files', () => {
  it('are served from memory, the index at the root too', async () => {
    const url = await serve();
    for (const path of ['/', '/index.html']) {
      const response = await fetch(`${url}${path}`);
      expect(await response.text()).toBe('<p>the page');
      expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    }
    expect((await fetch(`${url}/page.js.gz`)).status).toBe(404);
  });

  it('are compressed for those who take that', async () => {
    const url = await serve();
    const compressed = await fetch(`${url}/page.js`, { headers: { 'accept-encoding': 'gzip' } });
    expect(compressed.headers.get('content-encoding')).toBe('gzip');
    expect(Number(compressed.headers.get('content-length'))).toBe(gzipSync('let x;').length);
    expect(await compressed.text()).toBe(gunzipSync(gzipSync('let x;')).toString());
    const plain = await fetch(`${url}/page.js`, { headers: { 'accept-encoding': 'identity' } });
    expect(plain.headers.get('content-encoding')).toBeNull();
    expect(await plain.text()).toBe('let x;');
  });

  it('are not sent again to who has them, nor to who asks for their head', async () => {
    const url = await serve();
    const head = await fetch(`${url}/page.js`, { method: 'HEAD' });
    expect(head.status).toBe(200);
    expect(await head.text()).toBe('');
    const etag = head.headers.get('etag') ?? '';
    expect((await fetch(`${url}/page.js`, { headers: { 'if-none-match': `"other", ${etag}` } })).status).toBe(304);
    expect((await fetch(`${url}/page.js`, { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
  });

  it('are none where the page was not built', () => {
    expect(assetRoutes(join(tmpdir(), 'gradswarm-there-is-none')).size).toBe(0);
  });
});
