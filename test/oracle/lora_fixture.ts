// The fixture that make_lora_fixture.py wrote: adapters on a small GPT, trained by PyTorch.

import { readFile } from 'node:fs/promises';
import type { DataSet } from '../../shared/data/data_set.ts';
import type { FieldSpecification, Samples } from '../../shared/data/samples.ts';
import type { JobInput } from '../../shared/job/job_schema.ts';
import type { NamedValues } from '../../shared/model/adapters.ts';
import { bytes, floats } from './fixture.ts';

/** Base64 of little-endian values, in our layout. */
interface TensorInFile {
  readonly shape: readonly number[];
  readonly values: string;
}

interface LoraFixtureFile {
  readonly job: JobInput;
  readonly fields: readonly FieldSpecification[];
  readonly base: Readonly<Record<string, TensorInFile>>;
  readonly downs: Readonly<Record<string, TensorInFile>>;
  readonly batches: readonly { readonly tokens: string; readonly next: string }[];
  readonly steps: readonly { readonly loss: number; readonly weights?: Readonly<Record<string, TensorInFile>> }[];
  readonly merged: string;
}

export type NamedTensors = ReadonlyMap<string, NamedValues>;

export interface LoraFixture {
  readonly job: JobInput;
  readonly dataSet: DataSet;
  /** The weights of the model without adapters. */
  readonly base: NamedTensors;
  /** What the adapters' first factors begin with; the second begin at zero. */
  readonly downs: NamedTensors;
  /** Mini-batches, used in turn. */
  readonly batches: readonly Samples[];
  /** The mean loss before each step; after some of them, what is trained. */
  readonly steps: readonly { readonly loss: number; readonly weights: NamedTensors | undefined }[];
  /** The logits of the first mini-batch by the model with its adapters merged, after the last step. */
  readonly merged: Float32Array;
}

/** `adapters`: they alone, by AdamW. `adapters-and-head`: the output layer too, by SGD. */
export type LoraName = 'adapters' | 'adapters-and-head';

export async function readLoraFixture(name: LoraName): Promise<LoraFixture> {
  const text = await readFile(new URL('./fixtures/lora.json', import.meta.url), 'utf8');
  const { job, fields, base, downs, merged, ...file } = (JSON.parse(text) as Record<LoraName, LoraFixtureFile>)[name];
  const batches = file.batches.map(({ tokens, next }) => ({
    count: job.batchSize,
    fields: [bytes(tokens), bytes(next)],
  }));
  const [first] = batches;
  if (first === undefined) throw new Error('the fixture has no mini-batches');
  const none = { count: 0, fields: fields.map(() => new Uint8Array(0)) };
  return {
    job,
    dataSet: { name, digest: '0'.repeat(64), fields, training: first, validation: none, test: first },
    base: tensorsOf(base),
    downs: tensorsOf(downs),
    batches,
    steps: file.steps.map(({ loss, weights }) => ({ loss, weights: weights && tensorsOf(weights) })),
    merged: floats(merged),
  };
}

function tensorsOf(file: Readonly<Record<string, TensorInFile>>): NamedTensors {
  return new Map(Object.entries(file).map(([name, { shape, values }]) => [name, { shape, values: floats(values) }]));
}
