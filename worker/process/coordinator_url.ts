// Where a coordinator is, as its users write it.

import { InputError } from '../../shared/errors.ts';
import { pathForWorkers } from '../../shared/protocol/worker_path.ts';

const wanted = 'expected one like ws://192.168.1.5:8080 or wss://example.org';
const secretPlaces = 'pass it by the environment variable GRADSWARM_TOKEN, where other users cannot read it';

/**
 * The WebSocket address meant by `text`, where workers connect; http and https stand for ws and wss. No error repeats a
 * secret that the text holds.
 * @throws {InputError} if it is not one, or holds a token, a user's name or a password.
 */
export function parseUrl(text: string): URL {
  // Before anything could quote it.
  if (/[#?&]token=/i.test(text)) throw new InputError(`the URL holds a token: leave it out, and ${secretPlaces}`);
  if (/^[^/]*\/\/[^/?#]*@/.test(text)) {
    throw new InputError(`the URL holds a user name or a password: a coordinator asks for a token; ${secretPlaces}`);
  }
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new InputError(`${JSON.stringify(text)} is not a URL: ${wanted}`);
  }
  if (url.protocol === 'http:') url.protocol = 'ws:';
  if (url.protocol === 'https:') url.protocol = 'wss:';
  if ((url.protocol !== 'ws:' && url.protocol !== 'wss:') || url.hostname === '') {
    throw new InputError(`${JSON.stringify(text)} is not a WebSocket URL: ${wanted}`);
  }
  url.hash = '';
  url.pathname = pathForWorkers(url.pathname);
  return url;
}
