// The ledger of a run: for each step what the parameters were afterwards and who gave what, one JSON object a line. Every
// line carries a digest over itself and all lines before it, so that no line can be changed, removed or inserted later
// without that being seen. With the job and the data anyone can recompute it. Pure.

import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { parseJson } from '../../shared/json/parse.ts';
import { nickname } from '../../shared/protocol/nickname.ts';
import { plainText } from '../../shared/protocol/plain_text.ts';

/** Raised when a reader of an earlier version could misread the file. */
const formatVersion = 4;

/** Of earlier versions those that say the same in fewer kinds of lines. */
const readableVersions = [3, formatVersion] as const;

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const digest = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
/** `digestKeyBytes` of them, as base64. */
const digestKey = v.pipe(v.string(), v.regex(/^[A-Za-z0-9+/]{1387}=$/));

/** The first line: what the run is of. */
const runRecord = v.strictObject({
  type: v.literal('run'),
  format: v.literal('gradswarm ledger'),
  version: v.picklist(readableVersions),
  job: v.record(v.string(), v.unknown()),
  jobDigest: digest,
  dataDigest: digest,
  /** What the run began with: step 0 and the initial parameters, or those of another run's checkpoint. */
  start: v.strictObject({ step: count, parameters: digest }),
  /** The secret of the contributions' digests: this file and the coordinator's memory alone hold it. */
  digestKey,
});

/** Workers whose right answers were not needed any more, and how many each gave since the record before. */
const confirmations = v.exactOptional(v.array(v.strictTuple([v.string(), v.pipe(count, v.minValue(1))])));

/** Whose a worker is, before its first contribution: a volunteer's, or else one of the coordinator's own processes. */
const workerRecord = v.strictObject({
  type: v.literal('worker'),
  worker: v.string(),
  volunteer: v.exactOptional(v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/))),
  name: v.exactOptional(v.pipe(v.string(), v.transform(nickname))),
});

const stepRecord = v.strictObject({
  type: v.literal('step'),
  step: v.pipe(count, v.minValue(1)),
  /** SHA-256 of the flat parameters after the step. */
  parameters: digest,
  /** Mean loss of the mini-batch, before the step. */
  loss: v.number(),
  samples: count,
  /** The shards that were counted: worker, first microbatch, number of microbatches, digest of the answer. */
  contributions: v.array(v.strictTuple([v.string(), count, v.pipe(count, v.minValue(1)), count])),
  confirmations,
});

const measurement = v.strictObject({
  loss: v.number(),
  metrics: v.record(v.string(), v.number()),
  samples: count,
});

/** What a part of the data showed before the first step, for those who watch. */
const beforeRecord = v.strictObject({
  type: v.literal('before'),
  evaluation: v.strictObject({
    training: v.exactOptional(measurement),
    validation: v.exactOptional(measurement),
    test: v.exactOptional(measurement),
  }),
});

/** Who measured the parameters of an epoch's end. */
const measuredRecord = v.strictObject({
  type: v.literal('measured'),
  epoch: count,
  step: count,
  /** The blocks that were counted: worker, block, digest of the answer. */
  contributions: v.array(v.strictTuple([v.string(), count, count])),
  confirmations,
});

const epochRecord = v.strictObject({
  type: v.literal('epoch'),
  epoch: count,
  step: count,
  /** Training samples counted in the epoch's steps, and how many distinct ones they were. */
  samples: count,
  distinct: count,
  everySampleOnce: v.boolean(),
});

/** The run goes on from a checkpoint; steps behind it are done again. */
const resumedRecord = v.strictObject({ type: v.literal('resumed'), step: count });

/** A line without its chain; README tells what each kind of line holds. */
export const recordSchema = v.variant('type', [
  runRecord,
  beforeRecord,
  workerRecord,
  stepRecord,
  measuredRecord,
  epochRecord,
  resumedRecord,
]);

export type RunRecord = v.InferOutput<typeof runRecord>;
export type WorkerRecord = v.InferOutput<typeof workerRecord>;
export type MeasuredRecord = v.InferOutput<typeof measuredRecord>;
export type StepRecord = v.InferOutput<typeof stepRecord>;
export type EpochCountRecord = v.InferOutput<typeof epochRecord>;
export type LedgerRecord = v.InferOutput<typeof recordSchema>;

const lineFeed = 0x0a;

/** Bytes of a line: enough for a mini-batch of 100,000 shards, and for any job. */
const maximumLine = 2 ** 23;

/** Characters of a line that may be nested as it likes. */
const maximumTrusted = 4096;

/** The chain before the first line. */
export const emptyChain = '';

/** A record as its line, without the line's end, and the chain behind it. */
export function encodeRecord(content: LedgerRecord, chain: string): { readonly line: string; readonly chain: string } {
  const text = JSON.stringify(content);
  const next = chainOf(chain, text);
  return { line: `${text.slice(0, -1)},"chain":"${next}"}`, chain: next };
}

/** The first line of a ledger. */
export function describeRun({
  digestKey,
  ...run
}: Pick<RunRecord, 'job' | 'jobDigest' | 'dataDigest' | 'start'> & { readonly digestKey: Uint8Array }): RunRecord {
  const key = Buffer.from(digestKey).toString('base64');
  return { type: 'run', format: 'gradswarm ledger', version: formatVersion, ...run, digestKey: key };
}

/** The secret of a run's digests. */
export function digestKeyOf({ digestKey }: RunRecord): Uint8Array {
  return Buffer.from(digestKey, 'base64');
}

export interface Ledger {
  readonly records: readonly LedgerRecord[];
  /** Bytes of the whole lines; what follows is a line that a crash tore. */
  readonly bytes: number;
  readonly chain: string;
  /** The first line that is not what was written, from 1, and what is wrong with it; the records end before it. */
  readonly broken: { readonly line: number; readonly reason: string; readonly step: number | undefined } | undefined;
}

export function readLedger(content: Uint8Array): Ledger {
  const end = content.lastIndexOf(lineFeed) + 1;
  const records: LedgerRecord[] = [];
  let chain = emptyChain;
  for (let start = 0; start < end; ) {
    const lineEnd = content.indexOf(lineFeed, start);
    const read = readLine(content.subarray(start, lineEnd), chain);
    if (read.fault !== undefined) {
      return { records, bytes: end, chain, broken: { line: records.length + 1, reason: read.fault, step: read.step } };
    }
    records.push(read.record);
    chain = read.chain;
    start = lineEnd + 1;
  }
  return { records, bytes: end, chain, broken: undefined };
}

type ReadLine =
  | { readonly fault: undefined; readonly record: LedgerRecord; readonly chain: string }
  | { readonly fault: string; readonly step: number | undefined };

function readLine(bytes: Uint8Array, before: string): ReadLine {
  if (bytes.length > maximumLine) return { fault: `a line of ${bytes.length} bytes`, step: undefined };
  const value = parseLine(new TextDecoder().decode(bytes));
  if (value === undefined) return { fault: 'not JSON', step: undefined };
  if (typeof value !== 'object' || value === null || !('chain' in value)) return { fault: 'no chain', step: undefined };
  const { chain, ...content } = value;
  const parsed = v.safeParse(recordSchema, content);
  const step = 'step' in content && typeof content.step === 'number' ? content.step : undefined;
  if (!parsed.success)
    return { fault: `field ${plainText(v.getDotPath(parsed.issues[0]) ?? 'type')} is malformed`, step };
  const expected = chainOf(before, JSON.stringify(parsed.output));
  if (chain !== expected) return { fault: 'it was changed, or lines before it were removed or inserted', step };
  return { fault: undefined, record: parsed.output, chain: expected };
}

/** The engine's parser is quick, but nesting can exhaust it: it gets what is too short for that. */
function parseLine(line: string): unknown {
  try {
    return line.length <= maximumTrusted ? JSON.parse(line) : parseJson(line, 'ledger');
  } catch {
    return undefined;
  }
}

function chainOf(before: string, text: string): string {
  return createHash('sha256').update(before).update(text).digest('hex');
}
