// Text that would be another line, another colour or another meaning on the operator's terminal.

import type { Attack, Control, Target } from '../attack.ts';
import { map, protocolFrame, text } from '../attacker/msgpack.ts';
import { closeOf, frame, opcodes, openRawSocket } from '../attacker/raw_frames.ts';
import { RogueWorker } from '../attacker/rogue_worker.ts';

/** What stands in front of a forged line: the suite looks for it at the start of lines, and for what follows anywhere. */
const lineBreaks = [
  '\n',
  '\r',
  '\r\n',
  '\u000b',
  '\u000c',
  '\u0085',
  '\u2028',
  '\u2029',
  '\u001b[2J\u001b[H',
  '\u009b2J',
  '\u0007',
  '\b'.repeat(200),
];
const forged = 'FORGED test accuracy 100.00 %  parameters SHA-256 deadbeef';
const bidirectional = '\u202e\u2066';

async function joined(
  target: Target,
  control: Control,
  say: (worker: RogueWorker, reason: string) => void,
): Promise<string> {
  for (const lineBreak of lineBreaks) {
    using worker = await RogueWorker.join(target, control);
    say(worker, `bye${lineBreak}${forged}${bidirectional}`);
    await worker.closed;
  }
  return 'closed';
}

/** A close frame with this code and reason. */
function closing(code: number, reason: string): Buffer {
  const payload = Buffer.concat([Uint8Array.of(code >> 8, code & 0xff), Buffer.from(reason).subarray(0, 123)]);
  return frame({ opcode: opcodes.close, payload });
}

export const texts: readonly Attack[] = [
  {
    name: 'a goodbye of several lines',
    line: 17,
    needs: 'worker token',
    told: /^closed$/,
    operatorSees: /left \(.*bye.*FORGED/,
    run: (target, control) => joined(target, control, (worker, reason) => worker.send({ type: 'goodbye', reason })),
  },
  {
    name: 'a close of several lines',
    line: 17,
    needs: 'worker token',
    told: /^closed$/,
    operatorSees: /left \(.*bye.*FORGED/,
    run: (target, control) => joined(target, control, (worker, reason) => worker.socket.write(closing(4999, reason))),
  },
  {
    name: 'metrics named in several lines',
    line: 17,
    needs: 'worker token',
    told: /^closed$/,
    run: (target, control) =>
      joined(target, control, async (worker, reason) => {
        const lease = await worker.next('lease');
        for (let time = 0; time < 3 && lease !== undefined; time++) {
          const { contribution, gradient } = worker.idleAnswer(lease.message);
          worker.answer({ contribution: { ...contribution, metricSums: { [reason]: 1 } }, gradient });
        }
      }),
  },
  {
    name: 'a close of several lines before a hello',
    line: 17,
    needs: 'no token',
    told: /^(closed \d{4}|cut)$/,
    async run(target, control) {
      const opened = await openRawSocket(target, control);
      if ('refusal' in opened) return opened.refusal;
      using connection = opened;
      connection.write(closing(4999, `bye\n${forged}`));
      return await closeOf(connection);
    },
  },
  {
    name: 'a hello of several lines',
    line: 17,
    needs: 'no token',
    told: /^closed 4400$/,
    async run(target, control) {
      const opened = await openRawSocket(target, control);
      if ('refusal' in opened) return opened.refusal;
      using connection = opened;
      const header = map(
        ['type', 'hello'],
        ['protocol', 1e9],
        [text(`\n${forged}`), 1],
        ['kind', `\u001b[2J\n${forged}`],
      );
      connection.write(frame({ opcode: opcodes.binary, payload: protocolFrame(map(['type', text(`\n${forged}`)])) }));
      connection.write(frame({ opcode: opcodes.binary, payload: protocolFrame(header) }));
      return await closeOf(connection);
    },
  },
];
