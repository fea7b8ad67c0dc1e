// Those who come and go: a crowd that joins, takes work and leaves again, or comes only to be refused.

import { setTimeout as wait } from 'node:timers/promises';
import type { Attack, Control, Target } from '../attack.ts';
import { head, upgradeHead } from '../attacker/http.ts';
import { map, protocolFrame } from '../attacker/msgpack.ts';
import { addressOf, RawConnection } from '../attacker/raw_connection.ts';
import { closeOf, frame, opcodes, openRawSocket } from '../attacker/raw_frames.ts';
import { RogueWorker } from '../attacker/rogue_worker.ts';
import { stepsPass } from '../attacker/steps.ts';

/** Milliseconds that a lease is held: long for a run whose steps take five. */
const holdTime = 400;

const leftOrRefused = /^(left|closed 4429|HTTP (429|503)|cut)(, (left|closed 4429|HTTP (429|503)|cut))*$/;

/** Joins, holds a lease for a moment and leaves with a reset. */
async function joinAndLeave(target: Target, control: Control, from?: string): Promise<string> {
  try {
    using worker = await RogueWorker.join(target, control, from);
    await Promise.race([worker.next('lease'), worker.closed]);
    if (worker.isClosed) return await worker.closed;
    await wait(holdTime, undefined, { signal: control.signal });
    worker.socket.resetAndDestroy();
    return 'left';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function all(strikes: readonly Promise<string>[]): Promise<string> {
  return [...new Set(await Promise.all(strikes))].sort().join(', ');
}

const times = <Made>(count: number, make: (index: number) => Made): readonly Made[] =>
  Array.from({ length: count }, (_, index) => make(index));

export const joins: readonly Attack[] = [
  {
    name: 'workers that join, hold a lease and leave, by 8',
    line: 16,
    needs: 'worker token',
    told: leftOrRefused,
    run: (target, control) => all(times(8, () => joinAndLeave(target, control))),
  },
  {
    name: 'workers that join, hold a lease and leave, by 20 from 20 addresses',
    line: 16,
    needs: 'worker token',
    told: leftOrRefused,
    run: (target, control) => all(times(20, (machine) => joinAndLeave(target, control, addressOf(machine)))),
  },
  {
    name: 'workers that join and say no more, by 50',
    line: 16,
    needs: 'worker token',
    told: /^(kept|refused)$/,
    async run(target, control) {
      const crowd = await Promise.allSettled(
        times(50, (machine) => RogueWorker.join(target, control, addressOf(machine))),
      );
      await stepsPass(target, control, 20);
      const joined = crowd.filter((one) => one.status === 'fulfilled');
      for (const { value } of joined) value.leave();
      return joined.length > 0 ? 'kept' : 'refused';
    },
  },
  {
    name: 'workers that say goodbye at once, by 20',
    line: 16,
    needs: 'worker token',
    told: leftOrRefused,
    run: (target, control) =>
      all(
        times(20, async (machine) => {
          try {
            using worker = await RogueWorker.join(target, control, addressOf(machine));
            worker.send({ type: 'goodbye', reason: 'bye' });
            await worker.closed;
            return 'left';
          } catch (error) {
            return error instanceof Error ? error.message : String(error);
          }
        }),
      ),
  },
  {
    name: 'hellos that are refused, by 20',
    line: 'crowds',
    needs: 'no token',
    told: /^(closed (4401|4400|4429)|HTTP (429|503)|cut)(, (closed (4401|4400|4429)|HTTP (429|503)|cut))*$/,
    run: (target, control) =>
      all(
        times(20, async () => {
          const opened = await openRawSocket(target, control);
          if ('refusal' in opened) return opened.refusal;
          using connection = opened;
          connection.write(frame({ opcode: opcodes.binary, payload: protocolFrame(map(['type', 'hello'])) }));
          return await closeOf(connection);
        }),
      ),
  },
  {
    name: 'upgrades that are reset, by 100',
    line: 6,
    needs: 'no token',
    told: /^left$/,
    run: (target, control) =>
      all(
        times(100, async (index) => {
          using connection = await RawConnection.open(target);
          connection.write(
            index % 3 === 0
              ? upgradeHead(target)
              : index % 3 === 1
                ? upgradeHead(target).slice(0, 60)
                : head(target, 'GET / HTTP/1.1'),
          );
          await connection.drained();
          connection.reset();
          await connection.closed;
          return control.signal.aborted ? 'aborted' : 'left';
        }),
      ),
  },
  {
    name: 'idle TCP connections, by 500',
    line: 'crowds',
    needs: 'no token',
    told: /^held$/,
    run: (target, control) => hold(target, control, 500, () => undefined),
  },
  {
    name: 'WebSockets without a hello, by 300',
    line: 'crowds',
    needs: 'no token',
    told: /^held$/,
    run: (target, control) => hold(target, control, 300, (connection) => void connection.write(upgradeHead(target))),
  },
  {
    name: 'heads that never end, by 300',
    line: 'crowds',
    needs: 'no token',
    told: /^held$/,
    run: (target, control) =>
      hold(target, control, 300, (connection) => void connection.write('GET / HTTP/1.1\r\nHost: a\r\nX')),
  },
];

/** Holds connections while the run does some steps. The attacker has them from several addresses. */
async function hold(
  target: Target,
  control: Control,
  count: number,
  begin: (connection: RawConnection) => void,
): Promise<string> {
  const crowd = await Promise.allSettled(times(count, (index) => RawConnection.open(target, addressOf(index % 10))));
  const connections = crowd.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
  try {
    for (const connection of connections) begin(connection);
    await stepsPass(target, control, 20);
    return 'held';
  } finally {
    for (const connection of connections) connection.close();
  }
}
