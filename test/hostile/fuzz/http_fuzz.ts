// The whole coordinator under mutated HTTP requests, over real sockets in this process.

import { prepareJob } from '../../../coordinator/computation/prepared_job.ts';
import { startCoordinator } from '../../../coordinator/coordinator.ts';
import { tinyDataSet, tinyJob } from '../../coordinator/tiny_job.ts';
import { Random } from '../../simulation/random.ts';
import type { Target } from '../attack.ts';
import { head, upgradeHead } from '../attacker/http.ts';
import { RawConnection } from '../attacker/raw_connection.ts';
import type { FuzzOptions } from './coordinator_fuzz.ts';
import { mutate } from './mutation.ts';
import { FuzzFailure, heapAfterCollection, mostGrowth } from './watch.ts';

/** Connections at a time. */
const concurrent = 64;

const paths = [
  '/',
  '/status',
  '/model',
  '/parameters',
  '/frozen',
  '/test-samples?first=0&count=3',
  '/events',
  '/icon.svg',
  '/nothing',
  '/worker',
];

const headers = [
  'Range: bytes=0-99',
  'If-None-Match: "x"',
  'Accept-Encoding: gzip, br',
  'Authorization: Bearer 0123456789abcdef',
  'Origin: http://127.0.0.1',
  'Content-Length: 5',
  'Transfer-Encoding: chunked',
  'Expect: 100-continue',
  'Connection: close',
  'X-Forwarded-For: 1.2.3.4',
];

function request(target: Target, random: Random): string {
  if (random.chance(0.2)) return upgradeHead(target, random.pick(['/worker', '/', '/events']));
  const method = random.pick(['GET', 'GET', 'GET', 'HEAD', 'POST', 'OPTIONS']);
  const chosen = headers.filter(() => random.chance(0.2));
  return head(target, `${method} ${random.pick(paths)} HTTP/1.1`, ...chosen);
}

/** @throws {FuzzFailure} with the seed and the input that shows it. */
export async function fuzzHttp({ seed, inputs, onProgress }: FuzzOptions): Promise<void> {
  const random = new Random(seed);
  await using coordinator = await startCoordinator({
    prepared: await prepareJob(tinyJob, tinyDataSet),
    listen: { host: '127.0.0.1', port: 0 },
    ownShare: 'nothing',
  });
  const target: Target = { host: '127.0.0.1', port: coordinator.port ?? 0, workerToken: '', folder: '' };
  let failure: FuzzFailure | undefined;
  let [input, bytes, heap] = [0, new Uint8Array(0), 0];
  const onThrown = (error: unknown) => {
    failure ??= new FuzzFailure(`threw ${error instanceof Error ? error.stack : error}`, { seed, input, bytes });
  };
  process.on('uncaughtException', onThrown);
  process.on('unhandledRejection', onThrown);
  try {
    for (input = 0; input < inputs && failure === undefined; input += concurrent) {
      const requests = Array.from({ length: concurrent }, () =>
        mutate(Buffer.from(request(target, random), 'latin1'), random),
      );
      bytes = new Uint8Array(Buffer.concat(requests));
      await Promise.all(requests.map((one, index) => send(target, one, random.chance(0.3), index)));
      if (input % 6_400 === 0) onProgress?.(input, '');
      if (heap === 0 && input >= inputs / 10) heap = await heapAfterCollection();
    }
    if (failure === undefined && !(await isAlive(target))) onThrown('the coordinator does not answer any more');
    const growth = (await heapAfterCollection()) - heap;
    if (inputs >= 20_000 && growth > mostGrowth) onThrown(`the heap grew by ${(growth / 1e6).toFixed(1)} MB`);
  } finally {
    process.off('uncaughtException', onThrown);
    process.off('unhandledRejection', onThrown);
  }
  if (failure !== undefined) throw failure;
}

/** Sends a request and leaves, by a reset or once something has been answered. */
async function send(target: Target, bytes: Uint8Array, reset: boolean, machine: number): Promise<void> {
  using connection = await RawConnection.open(target, `127.2.${machine}.1`);
  connection.write(bytes);
  await connection.drained();
  if (reset) {
    connection.reset();
    return;
  }
  connection.socket.end();
  await connection.until((received) => (received.length > 0 ? true : undefined));
}

async function isAlive(target: Target): Promise<boolean> {
  using connection = await RawConnection.open(target);
  connection.write(head(target, 'GET /status HTTP/1.1', 'Connection: close'));
  const answer = await connection.until((received) => (received.length > 0 ? received : undefined));
  return /^HTTP\/1\.1 200 /.test(answer?.toString('latin1') ?? '');
}
