// Crowds: a thousand workers within ten seconds, five thousand sockets that say nothing.

import { setTimeout as wait } from 'node:timers/promises';
import type { Attack } from '../attack.ts';
import { upgradeHead } from '../attacker/http.ts';
import { addressOf, RawConnection } from '../attacker/raw_connection.ts';
import { RogueWorker } from '../attacker/rogue_worker.ts';
import { stepsPass } from '../attacker/steps.ts';

/** How whoever is one too many must be told. */
const isTold = (how: string) => /^(closed 4429|HTTP (429|503))$/.test(how);

export const crowds: readonly Attack[] = [
  {
    name: '1,000 joins within 10 s',
    line: 16,
    needs: 'worker token',
    isLong: true,
    told: /^1000 joined or were told$/,
    async run(target, control) {
      const joining: Promise<RogueWorker | string>[] = [];
      for (let machine = 0; machine < 1_000; machine++) {
        const joined = RogueWorker.joinIdly(target, control, addressOf(machine));
        joining.push(joined.catch((error: Error) => error.message));
        if (machine % 10 === 9) await wait(100, undefined, { signal: control.signal });
      }
      const crowd = await Promise.all(joining);
      await stepsPass(target, control, 50);
      let known = 0;
      for (const one of crowd) {
        if (typeof one === 'string' ? isTold(one) : !one.isClosed) known += 1;
        if (typeof one !== 'string') one.leave();
      }
      return `${known} joined or were told`;
    },
  },
  {
    name: '5,000 idle sockets',
    line: 'crowds',
    needs: 'no token',
    isLong: true,
    memoryBound: 100e6,
    told: /^held$/,
    async run(target, control) {
      const connections: RawConnection[] = [];
      try {
        for (let socket = 0; socket < 5_000; socket++) {
          const connection = await RawConnection.open(target, addressOf(socket % 20));
          if (socket % 2 === 0) connection.write(upgradeHead(target));
          connections.push(connection);
        }
        await stepsPass(target, control, 200);
        return 'held';
      } finally {
        for (const connection of connections) connection.close();
      }
    },
  },
];
