// Answers too large for each reader to have a copy: parameters and samples. They go to so many readers at a time, piece by
// piece as they are taken, and count for more than one request.

import { Readable } from 'node:stream';
import type { Limits } from '../connections/limits.ts';
import { comeBack, type Headers } from '../connections/refusal.ts';
import { Places } from './places.ts';
import { RequestRate } from './request_rate.ts';
import type { Exchange } from './routes.ts';
import type { Held } from './shared_copies.ts';

/** What a connection holds of an answer that is not read. */
const pieceBytes = 64 * 1024;

export class LargeAnswers {
  readonly #places: Places;
  readonly #rate: RequestRate;

  constructor({ largeAnswers, largeAnswersPerAddress, requestsPerSecond }: Limits, now: () => number) {
    this.#places = new Places(largeAnswers, largeAnswersPerAddress);
    this.#rate = new RequestRate(requestsPerSecond, now);
  }

  /**
   * Answers with what `hold` holds, and lets go of it when the answer is over.
   * @throws {Refusal} if there is too much of that.
   */
  send<Key>(
    { request, response, caller: { address } }: Exchange,
    hold: (cut: () => void) => Held<Key> | undefined,
    headersOf: (key: Key) => Headers,
  ): void {
    const leave = this.#places.take(address);
    if (leave === undefined) throw tooMany;
    response.once('close', leave);
    const held = hold(() => response.destroy());
    if (held === undefined) throw tooMany;
    const { key, bytes, release } = held;
    response.once('close', release);
    if (!this.#rate.take(address, bytes.length / pieceBytes)) throw tooMany;
    response.writeHead(200, {
      'content-type': 'application/octet-stream',
      'cache-control': 'no-store',
      'content-length': bytes.length,
      ...headersOf(key),
    });
    if (request.method === 'HEAD') response.end();
    else Readable.from(piecesOf(bytes)).pipe(response);
  }
}

const tooMany = comeBack(503, 2, 'too many large answers are under way');

function* piecesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += pieceBytes) yield bytes.subarray(start, start + pieceBytes);
}
