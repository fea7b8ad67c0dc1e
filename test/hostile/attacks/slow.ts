// Those who take their time: answers that nobody reads, requests and frames that never end, workers that say nothing.

import { setTimeout as wait } from 'node:timers/promises';
import { encodeToCoordinator } from '../../../shared/protocol/encode.ts';
import type { Attack, Control, Target } from '../attack.ts';
import { answerOf, head, untilAborted } from '../attacker/http.ts';
import { RawConnection } from '../attacker/raw_connection.ts';
import { closeOf, frame, opcodes, openRawSocket } from '../attacker/raw_frames.ts';
import { RogueWorker } from '../attacker/rogue_worker.ts';
import { stepOf, stepsPass } from '../attacker/steps.ts';

const times = <Made>(count: number, make: (index: number) => Made): readonly Made[] =>
  Array.from({ length: count }, (_, index) => make(index));

/** Milliseconds between two of the bytes that keep a connection alive. */
const drip = 500;

/** Asks for the same over many connections and reads nothing of it, until each is cut. */
async function unread(target: Target, control: Control, count: number, path: string): Promise<string> {
  const request = head(target, `GET ${path} HTTP/1.1`, `Authorization: Bearer ${target.workerToken}`);
  await Promise.all(
    times(count, async () => {
      using connection = untilAborted(await RawConnection.open(target), control);
      connection.socket.pause();
      // Several in a pipeline fill more than the system's buffers.
      for (let request_ = 0; request_ < 40; request_++) connection.write(request);
      await cut(connection);
    }),
  );
  return 'cut';
}

/** Resolves when a connection that is not read was cut: a byte written to it then fails. */
async function cut(connection: RawConnection): Promise<void> {
  while (!connection.isClosed && !connection.socket.destroyed) {
    await wait(drip);
    connection.write('\r\n');
  }
}

/** Writes a byte now and then, whatever comes, until the connection is ended. */
async function dripUntilEnd(connection: RawConnection, { signal }: Control, byte: string | Uint8Array): Promise<void> {
  while (!connection.isClosed && !signal.aborted && connection.write(byte))
    await Promise.race([wait(drip), connection.closed]);
  await connection.closed;
}

/** Limits in time that an attacker need not wait long for. */
const flags = ['--max-request-seconds', '3', '--max-idle-seconds', '3', '--max-unread-seconds', '3'];

const cutOrRefused = /^(HTTP 4\d\d|cut)(, (HTTP 4\d\d|cut))*$/;

export const slow: readonly Attack[] = [
  {
    name: 'parameters that nobody reads, by 40',
    flags,
    line: 11,
    needs: 'worker token',
    told: /^cut$/,
    run: (target, control) => unread(target, control, 40, '/parameters'),
  },
  {
    name: 'test samples that nobody reads, by 40',
    flags,
    line: 11,
    needs: 'worker token',
    told: /^cut$/,
    run: (target, control) => unread(target, control, 40, '/test-samples?first=0&count=1000'),
  },
  {
    name: 'pages that nobody reads, by 40',
    flags,
    line: 11,
    needs: 'no token',
    told: /^cut$/,
    run: (target, control) => unread(target, control, 40, '/'),
  },
  {
    name: 'an idle TCP connection',
    flags,
    line: 11,
    needs: 'no token',
    told: /^(cut|HTTP 408)$/,
    async run(target, control) {
      using connection = untilAborted(await RawConnection.open(target), control);
      return await answerOf(connection);
    },
  },
  {
    name: 'a kept connection that asks for nothing more',
    flags,
    line: 11,
    needs: 'no token',
    told: /^cut$/,
    async run(target, control) {
      using connection = untilAborted(await RawConnection.open(target), control);
      connection.write(head(target, 'GET / HTTP/1.1'));
      await connection.closed;
      return 'cut';
    },
  },
  {
    name: 'a head of a byte at a time',
    flags,
    line: 11,
    needs: 'no token',
    told: cutOrRefused,
    async run(target, control) {
      using connection = untilAborted(await RawConnection.open(target), control);
      connection.write('GET / HTTP/1.1\r\nHost: a\r\nX: ');
      await Promise.race([dripUntilEnd(connection, control, 'x'), answerOf(connection)]);
      return await answerOf(connection);
    },
  },
  {
    name: 'a body without end',
    flags,
    line: 21,
    needs: 'no token',
    told: cutOrRefused,
    async run(target, control) {
      const answers = new Set<string>();
      for (const method of ['POST', 'GET']) {
        using connection = untilAborted(await RawConnection.open(target), control);
        connection.write(head(target, `${method} / HTTP/1.1`, 'Transfer-Encoding: chunked'));
        const chunk = Buffer.from(`8000\r\n${'x'.repeat(0x8000)}\r\n`);
        while (connection.write(chunk) || !connection.socket.destroyed) {
          await connection.drained();
          if (connection.isClosed || control.signal.aborted) break;
        }
        answers.add(await answerOf(connection));
        await connection.closed;
      }
      return [...answers].join(', ');
    },
  },
  {
    name: 'a body of a byte at a time',
    flags,
    line: 21,
    needs: 'no token',
    told: cutOrRefused,
    async run(target, control) {
      using connection = untilAborted(await RawConnection.open(target), control);
      connection.write(head(target, 'POST /status HTTP/1.1', 'Content-Length: 1000000'));
      await dripUntilEnd(connection, control, 'x');
      return await answerOf(connection);
    },
  },
  {
    name: 'a WebSocket without a hello',
    line: 11,
    needs: 'no token',
    told: /^closed 4408$/,
    async run(target, control) {
      const opened = await openRawSocket(target, control);
      if ('refusal' in opened) return opened.refusal;
      using connection = opened;
      return await closeOf(connection);
    },
  },
  {
    name: 'a frame of a byte at a time',
    line: 'endless frames',
    needs: 'no token',
    told: /^(closed (4408|4413)|cut)$/,
    async run(target, control) {
      const opened = await openRawSocket(target, control);
      if ('refusal' in opened) return opened.refusal;
      using connection = opened;
      connection.write(frame({ opcode: opcodes.binary, payload: Buffer.from([40, 0, 0, 0]), claimedLength: 200_000n }));
      await Promise.race([dripUntilEnd(connection, control, Uint8Array.of(0)), closeOf(connection)]);
      return await closeOf(connection);
    },
  },
  {
    name: 'an answer of a byte at a time',
    line: 12,
    needs: 'worker token',
    told: /^closed (4400|4408|4413)$/,
    async run(target, control) {
      using worker = await RogueWorker.join(target, control);
      const lease = await worker.next('lease');
      if (lease === undefined) return await worker.closed;
      const { contribution, gradient } = worker.idleAnswer(lease.message);
      const bytes = Buffer.concat(
        encodeToCoordinator(contribution, gradient).map((payload) => frame({ opcode: opcodes.binary, payload })),
      );
      worker.socket.write(bytes.subarray(0, bytes.length - 1_000));
      for (let at = bytes.length - 1_000; at < bytes.length && !worker.isClosed; at++) {
        worker.socket.write(bytes.subarray(at, at + 1));
        await Promise.race([wait(drip), worker.closed]);
      }
      return await worker.closed;
    },
  },
  {
    name: 'heartbeats by the million',
    line: 21,
    needs: 'worker token',
    told: /^(closed (4400|4429)|cut)$/,
    async run(target, control) {
      using worker = await RogueWorker.join(target, control);
      const [beat = new Uint8Array(0)] = encodeToCoordinator({ type: 'heartbeat', beat: 0 });
      const beats = Buffer.concat(times(1_000, () => frame({ opcode: opcodes.binary, payload: beat })));
      while (!worker.isClosed && !control.signal.aborted) {
        if (!worker.socket.write(beats))
          await Promise.race([new Promise((resolve) => worker.socket.once('drain', resolve)), worker.closed]);
      }
      return await worker.closed;
    },
  },
  {
    name: 'a worker that never answers',
    line: 'silence',
    needs: 'worker token',
    told: /^(passed over|closed 4408)$/,
    run: (target, control) => holdLease(target, control, () => undefined),
  },
  {
    name: 'a worker that is frozen with its lease',
    line: 'silence',
    needs: 'worker token',
    told: /^(passed over|closed 4408)$/,
    run: (target, control) => holdLease(target, control, (worker) => worker.socket.pause()),
  },
  {
    name: 'an honest worker that is slow, late and moody',
    line: 'moods',
    needs: 'worker token',
    told: /^kept$/,
    async run(target, control) {
      using worker = await RogueWorker.join(target, control);
      worker.isMute = true; // A heartbeat sent back in front of an answer would say that there is none.
      for (const delay of [0, 45, 0, 0, 300, 0, 1_000]) {
        const lease = await worker.next('lease');
        if (lease === undefined) return await worker.closed;
        const right = worker.compute(lease.message, lease.payload);
        await wait(delay, undefined, { signal: control.signal });
        if (right !== undefined) worker.answer(right);
      }
      return worker.isClosed ? await worker.closed : 'kept';
    },
  },
  {
    name: 'workers that never read, by 20',
    line: 'readers',
    needs: 'worker token',
    told: /^went on$/,
    async run(target, control) {
      const crowd = await Promise.allSettled(times(20, () => RogueWorker.join(target, control)));
      const workers = crowd.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
      for (const worker of workers) worker.socket.pause();
      await stepsPass(target, control, 30);
      for (const worker of workers) worker.leave();
      return 'went on';
    },
  },
  {
    name: 'watchers that never read, by 100',
    line: 'readers',
    needs: 'worker token',
    told: /^went on$/,
    async run(target, control) {
      const request = head(target, 'GET /events HTTP/1.1', `Authorization: Bearer ${target.workerToken}`);
      const watchers = await Promise.all(times(100, () => RawConnection.open(target)));
      for (const watcher of watchers) {
        watcher.socket.pause();
        watcher.write(request);
      }
      await stepsPass(target, control, 30);
      for (const watcher of watchers) watcher.close();
      return 'went on';
    },
  },
];

/** Takes a lease and keeps it while the run goes on without. */
async function holdLease(target: Target, control: Control, then: (worker: RogueWorker) => void): Promise<string> {
  using worker = await RogueWorker.join(target, control);
  const lease = await worker.next('lease');
  if (lease === undefined) return await worker.closed;
  then(worker);
  const { step } = lease.message.work;
  while ((await stepOf(target, control)) < step + 3) await wait(20, undefined, { signal: control.signal });
  return 'passed over';
}
