import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  describeRun,
  emptyChain,
  encodeRecord,
  type LedgerRecord,
  readLedger,
  recordSchema,
} from '../../../coordinator/records/ledger.ts';
import { digestKeyBytes } from '../../../shared/digest/answer_digest.ts';
import { readmeTable } from '../../readme.ts';

const digest = 'ab'.repeat(32);
const step = (number: number, loss = 0.1 * number): LedgerRecord => ({
  type: 'step',
  step: number,
  parameters: digest,
  loss,
  samples: 16,
  contributions: [
    ['anna', 0, 4, 17],
    ['ben', 4, 2, 2 ** 53 - 1],
  ],
});
const records: readonly LedgerRecord[] = [
  describeRun({
    job: { name: 'tiny' },
    jobDigest: digest,
    dataDigest: digest,
    start: { step: 0, parameters: digest },
    digestKey: new Uint8Array(digestKeyBytes).fill(200),
  }),
  step(1),
  step(2),
  { type: 'resumed', step: 1 },
  step(2),
  { type: 'epoch', epoch: 1, step: 2, samples: 32, distinct: 32, everySampleOnce: true },
  {
    type: 'before',
    evaluation: {
      training: { loss: 2.3, metrics: { accuracy: 0.1 }, samples: 500 },
      test: { loss: 2.31, metrics: { accuracy: 0.09 }, samples: 500 },
    },
  },
  { type: 'worker', worker: 'anna', volunteer: '0123456789abcdef', name: 'Anna' },
  { type: 'worker', worker: 'ben' },
  { type: 'measured', epoch: 1, step: 2, contributions: [['anna', 0, 17]], confirmations: [['ben', 3]] },
];

function write(content: readonly LedgerRecord[]): string {
  let chain = emptyChain;
  let text = '';
  for (const record of content) {
    const encoded = encodeRecord(record, chain);
    chain = encoded.chain;
    text += `${encoded.line}\n`;
  }
  return text;
}

const bytes = (text: string) => new TextEncoder().encode(text);

describe('ledger', () => {
  it('gives back what was written, one JSON object a line', () => {
    const text = write(records);
    expect(text.split('\n').slice(0, -1)).toHaveLength(records.length);
    const ledger = readLedger(bytes(text));
    expect(ledger).toMatchObject({ records, bytes: text.length, broken: undefined });
    expect(JSON.parse(text.split('\n')[1] ?? '')).toMatchObject({ type: 'step', step: 1 });
  });

  it('is read as it was written before it named who contributed', () => {
    const [run] = records;
    if (run?.type !== 'run') throw new Error('a ledger begins with its run');
    const before: LedgerRecord = { ...run, version: 3 };
    expect(readLedger(bytes(write([before, step(1)]))).records).toEqual([before, step(1)]);
  });

  it('leaves out a line that a crash tore, wherever it was torn', () => {
    const text = write(records);
    const whole = write(records.slice(0, -1));
    for (let length = whole.length; length < text.length; length++) {
      expect(readLedger(bytes(text.slice(0, length)))).toMatchObject({
        records: records.slice(0, -1),
        bytes: whole.length,
        broken: undefined,
      });
    }
  });

  it('notices any changed character, removed line and inserted line, and names the first', () => {
    const text = write(records);
    fc.assert(
      fc.property(fc.nat({ max: text.length - 1 }), fc.integer({ min: 33, max: 126 }), (position, code) => {
        const changed = text.slice(0, position) + String.fromCharCode(code) + text.slice(position + 1);
        fc.pre(changed !== text && text[position] !== '\n');
        const line = text.slice(0, position).split('\n').length;
        expect(readLedger(bytes(changed)).broken?.line).toBe(line);
      }),
    );
    const lines = text.split('\n');
    const without = [...lines.slice(0, 2), ...lines.slice(3)].join('\n');
    expect(readLedger(bytes(without)).broken).toMatchObject({ line: 3 });
    const doubled = [...lines.slice(0, 3), ...lines.slice(2)].join('\n');
    expect(readLedger(bytes(doubled)).broken).toMatchObject({ line: 4, step: 2 });
  });

  it.each<[string, number, string]>([
    ['a line too long', 2, `{"type":"${'x'.repeat(2 ** 23)}"}`],
    ['nesting in a long line', 2, `{"type":"run","job":${'['.repeat(1_000_000)}`],
    ['nesting in a short one', 2, `{"chain":"","type":"run","job":{"a":${'['.repeat(2000)}${']'.repeat(2000)}}}`],
    ['empty lines', 2, '\n'.repeat(1_000_000)],
    ['a field that would move the cursor', 2, '{"chain":"","type":"resumed","step":1,"\\u001b[2J":1}'],
  ])('ends before %s, and says so in one line', (_, line, text) => {
    const { broken, records: read } = readLedger(bytes(`${write(records.slice(0, 1))}${text}\n`));
    expect(read).toHaveLength(1);
    expect(broken?.line).toBe(line);
    expect(broken?.reason).not.toMatch(/\p{Cc}/u);
  });

  it('reads a long line of many shards', () => {
    const many = Array.from({ length: 50_000 }, (_, index): [string, number, number, number] => ['w', index, 1, index]);
    const long = [...records.slice(0, 1), { ...step(1), contributions: many } as LedgerRecord];
    expect(readLedger(bytes(write(long)))).toMatchObject({ records: long, broken: undefined });
  });

  it('names the field of a record that is malformed', () => {
    const { line } = encodeRecord({ ...step(1), samples: -1 } as LedgerRecord, emptyChain);
    expect(readLedger(bytes(`${line}\n`)).broken).toEqual({ line: 1, reason: 'field samples is malformed', step: 1 });
  });
});

describe('README', () => {
  it('tells each kind of line in a ledger, and all its fields', () => {
    const rows = readmeTable('`type`');
    const kinds = recordSchema.options.map(({ entries }) => entries.type.literal);
    expect([...rows.keys()].sort()).toEqual([...kinds].sort());
    for (const { entries } of recordSchema.options) {
      const text = rows.get(entries.type.literal) ?? '';
      const untold = Object.keys(entries).filter((field) => field !== 'type' && !text.includes(`\`${field}\``));
      expect([entries.type.literal, untold]).toEqual([entries.type.literal, []]);
    }
  });
});
