// Those who share the machine, or hand over files: a run that is started twice, checkpoints made by hand, a full disk.

import { randomBytes } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, type Finished } from '../../system/processes.ts';
import type { Attack, Control, Target } from '../attack.ts';
import { stepsPass } from '../attacker/steps.ts';

/** Runs a command to its end, or to the attack's. */
async function run({ signal }: Control, ...words: readonly string[]): Promise<Finished> {
  const command = new Command(words);
  const end = () => command.signal('SIGKILL');
  signal.addEventListener('abort', end, { once: true });
  try {
    return await command.finished;
  } finally {
    signal.removeEventListener('abort', end);
  }
}

/** Characters that an error may have, so that it can be read. */
const longestLine = 500;

/** A command that failed as it should says so in one line: "exit 1: …". */
function inOneLine({ code, errors }: Pick<Finished, 'code' | 'errors'>): string {
  const lines = errors.trim().split('\n');
  const how =
    lines.length === 1 ? `exit ${code}: ${lines[0]}` : `exit ${code} in ${lines.length} lines: ${lines.join(' | ')}`;
  return how.length <= longestLine
    ? how
    : `${how.slice(0, longestLine)} and ${how.length - longestLine} characters more`;
}

async function inFolder<Result>(use: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'gradswarm-hostile-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A safetensors file with this header and these bytes behind it. */
function safetensors(header: string | Uint8Array, data: Uint8Array = new Uint8Array(0)): Uint8Array {
  const json = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, data]);
}

/** Headers that cost a careless reader minutes, or its stack. */
const headers: Readonly<Record<string, () => string | Uint8Array>> = {
  'a string of 60 MB': () => `{"__metadata__":{"a":"${'x'.repeat(60_000_000)}"}}`,
  'a name of 60 MB': () => `{"${'x'.repeat(60_000_000)}":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}`,
  'escapes of 60 MB': () => `{"__metadata__":{"a":"${'\\u0041'.repeat(10_000_000)}"}}`,
  '300,000 empty tensors': () =>
    `{${Array.from({ length: 300_000 }, (_, index) => `"t${index}":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`).join(',')}}`,
  'a shape of a million dimensions': () =>
    `{"t":{"dtype":"F32","shape":[${'1,'.repeat(1_000_000)}1],"data_offsets":[0,4]}}`,
  '10,000,000 brackets': () => '['.repeat(10_000_000),
  '5,000,000 nested objects': () => `{"a":${'{"a":'.repeat(5_000_000)}`,
  'one name a million times': () => `{${'"t":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},'.repeat(300_000)}"u":1}`,
  'numbers of a million digits': () => `{"t":{"dtype":"F32","shape":[${'9'.repeat(1_000_000)}],"data_offsets":[0,0]}}`,
  'offsets beyond the file': () =>
    '{"t":{"dtype":"F32","shape":[1],"data_offsets":[9007199254740988,9007199254740992]}}',
  'shapes whose product overflows': () => '{"t":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}',
  'bytes that are no UTF-8': () => Buffer.alloc(1_000_000, 0xff),
  'a length without a header': () => '',
};

/** The newest checkpoint of the run; undefined before the first. */
async function checkpointOf({ folder }: Target): Promise<string | undefined> {
  const files = (await readdir(folder)).filter((file) => /^step-\d+\.safetensors$/.test(file));
  const newest = files.sort().at(-1);
  return newest === undefined ? undefined : join(folder, newest);
}

type Damage = (file: Buffer) => Uint8Array;

const damages: readonly Damage[] = [
  (file) => file.subarray(0, file.length >> 1),
  (file) => Buffer.concat([file, Buffer.alloc(1)]),
  (file) => flipped(file, file.length - 100),
  (file) => flipped(file, 20),
  (file) => Buffer.concat([file.subarray(0, file.length - 64), Buffer.alloc(64)]),
  (file) => randomBytes(file.length),
  () => new Uint8Array(0),
];

function flipped(file: Buffer, position: number): Buffer {
  const copy = Buffer.from(file);
  copy[position] = (copy[position] ?? 0) ^ 0x10;
  return copy;
}

export const files: readonly Attack[] = [
  {
    name: 'a second resume of the same run',
    line: 15,
    needs: 'no token',
    told: /^exit 1: .*(process|coordinator|pid) \d+/,
    async run(target, control) {
      while ((await checkpointOf(target)) === undefined) await stepsPass(target, control, 5);
      return inOneLine(await run(control, 'train', '--resume', target.folder, '--in-process'));
    },
  },
  {
    name: 'a new run in the same folder',
    line: 15,
    needs: 'no token',
    told: /^exit 1: /,
    run: async (target, control) =>
      inOneLine(await run(control, 'train', 'mnist-mlp', '--epochs', '1', '--run', target.folder, '--in-process')),
  },
  {
    name: 'a second resume through another path',
    line: 15,
    needs: 'no token',
    told: /^exit 1: .*(process|coordinator|pid) \d+/,
    async run(target, control) {
      while ((await checkpointOf(target)) === undefined) await stepsPass(target, control, 5);
      const name = join(target.folder, '..', 'run', '.', '');
      return inOneLine(await run(control, 'train', '--resume', name, '--in-process'));
    },
  },
  ...Object.entries(headers).map(
    ([name, header]): Attack => ({
      name: `a checkpoint with ${name}`,
      line: 22,
      needs: 'no token',
      told: /^exit 1: (?!.* characters more$)/,
      run: (_, control) =>
        inFolder(async (folder) => {
          const file = join(folder, 'evil.safetensors');
          await writeFile(file, safetensors(header()));
          return inOneLine(await run(control, 'evaluate', file));
        }),
    }),
  ),
  {
    name: 'checkpoints that were damaged',
    line: 'files',
    needs: 'no token',
    told: /^all refused$/,
    async run(target, control) {
      const original = await checkpointOf(target);
      if (original === undefined) {
        await stepsPass(target, control, 125);
        return this.run(target, control);
      }
      return inFolder(async (folder) => {
        const content = await readFile(original);
        for (const [index, damage] of damages.entries()) {
          const file = join(folder, `step-0000000${index}.safetensors`);
          await writeFile(file, damage(content));
          const how = inOneLine(await run(control, 'evaluate', file));
          if (!/^exit 1: (?!.* characters more$)/.test(how)) return `damage ${index}: ${how}`;
        }
        return 'all refused';
      });
    },
  },
  {
    name: 'a ledger that was changed',
    line: 'files',
    needs: 'no token',
    told: /^exit 1: ledger .*, line \d+ \(step 3\): it was changed/,
    async run(target, control) {
      while ((await checkpointOf(target)) === undefined) await stepsPass(target, control, 5);
      return inFolder(async (folder) => {
        await cp(target.folder, folder, { recursive: true, filter: (path) => !path.endsWith('lock') });
        const ledger = join(folder, 'ledger.jsonl');
        const lines = (await readFile(ledger, 'utf8')).split('\n');
        const third = lines.findIndex((line) => line.startsWith('{"type":"step","step":3,'));
        lines[third] = lines[third]?.replace(/\d(?=[^\d]*$)/, (digit) => String((Number(digit) + 1) % 10)) ?? '';
        await writeFile(ledger, lines.join('\n'));
        // What replay finds out is its result, not an error.
        const { code, output } = await run(control, 'replay', folder);
        return inOneLine({ code, errors: output.trim().split('\n').at(-1) ?? '' });
      });
    },
  },
];
