// The job: everything that determines the result. A job file is checked here once; what comes out is the effective job,
// with every default filled in, and its digest is its identity.

import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import * as v from 'valibot';
import type { DataSet } from '../data/data_set.ts';
import { type Graph, graphSchema, parseGraph } from '../engine/graph.ts';
import { InputError } from '../errors.ts';
import { graphFromLayers, layersSchema } from '../model/layers.ts';
import { canonicalJson } from './canonical_json.ts';

const wholeNumber = (minimum: number, maximum = Number.MAX_SAFE_INTEGER) =>
  v.pipe(
    v.number('expected a number'),
    v.check(
      (value) => Number.isInteger(value) && value >= minimum && value <= maximum,
      `expected a whole number from ${minimum} to ${maximum}`,
    ),
  );

const positive = v.pipe(
  v.number('expected a number'),
  v.check((value) => Number.isFinite(value) && value > 0, 'expected a number above 0'),
);

/** From 0 up to, not including, 1. */
const fraction = v.pipe(
  v.number('expected a number'),
  v.check((value) => value >= 0 && value < 1, 'expected a number from 0 up to 1, 1 not included'),
);

const validationSamples = v.optional(wholeNumber(0), 0);
const path = v.pipe(v.string(), v.minLength(1));

const dataSchema = v.variant('source', [
  v.strictObject({ source: v.literal('mnist'), validationSamples }),
  v.strictObject({
    source: v.literal('idx'),
    trainingImages: path,
    trainingLabels: path,
    testImages: path,
    testLabels: path,
    classes: v.exactOptional(wholeNumber(2, 256)),
    validationSamples,
  }),
]);

const scheduleSchema = v.variant('kind', [
  v.strictObject({ kind: v.literal('constant') }),
  v.strictObject({ kind: v.literal('step-decay'), everyEpochs: wholeNumber(1), factor: positive }),
  v.strictObject({ kind: v.literal('linear'), finalLearningRate: positive }),
]);

const optimizerSchema = v.strictObject({
  kind: v.literal('sgd'),
  learningRate: positive,
  momentum: v.optional(fraction, 0),
  nesterov: v.optional(v.boolean(), false),
  weightDecay: v.optional(fraction, 0),
});

const jobEntries = {
  name: v.pipe(
    v.string(),
    v.regex(/^[a-z0-9][a-z0-9._-]{0,63}$/i, 'expected a name of letters, digits, ".", "_" or "-"'),
  ),
  description: v.exactOptional(v.string()),
  data: dataSchema,
  model: v.union([v.strictObject({ layers: layersSchema }), v.strictObject({ graph: graphSchema })]),
  loss: v.exactOptional(v.picklist(['softmax-cross-entropy', 'sum-of-squared-errors'])),
  optimizer: optimizerSchema,
  schedule: v.optional(scheduleSchema, { kind: 'constant' }),
  batching: v.optional(v.picklist(['shuffle', 'random']), 'shuffle'),
  batchSize: wholeNumber(1, 1_000_000),
  microbatchSize: v.optional(wholeNumber(1, 1_000_000), 25),
  epochs: v.exactOptional(wholeNumber(1, 1_000_000)),
  steps: v.exactOptional(wholeNumber(1, 1_000_000_000)),
  seed: v.optional(wholeNumber(0), 1),
  numerics: v.optional(v.picklist(['portable', 'fused']), 'portable'),
};

const jobSchema = v.strictObject(jobEntries);

/** The effective job: every default filled in. */
export type Job = v.InferOutput<typeof jobSchema>;

/**
 * Checks a job from outside.
 * @param source Named in errors: the job file.
 * @throws {InputError} one line: the file, the field, what was expected and what was found.
 */
export function parseJob(value: unknown, source: string): Job {
  const result = v.safeParse(jobSchema, value);
  if (!result.success) throw new InputError(`${source}: ${describeIssue(mostTelling(result.issues), value)}`);
  const job = result.output;
  if ((job.epochs === undefined) === (job.steps === undefined)) {
    const found = job.epochs === undefined ? 'neither' : 'both';
    throw new InputError(`${source}: epochs, steps: expected exactly one of the two, found ${found}`);
  }
  if ('graph' in job.model && job.loss !== undefined) {
    throw new InputError(`${source}: loss: a model given as a graph names its own loss; remove this field`);
  }
  if ('layers' in job.model && job.loss === undefined) {
    throw new InputError(`${source}: loss: expected "softmax-cross-entropy" or "sum-of-squared-errors", found nothing`);
  }
  if (job.optimizer.nesterov && job.optimizer.momentum === 0) {
    throw new InputError(`${source}: optimizer.nesterov: needs optimizer.momentum above 0`);
  }
  return job;
}

type Issue = v.BaseIssue<unknown>;

/** Of a union's issues, the one deepest inside says most. */
function mostTelling(issues: readonly [Issue, ...Issue[]]): Issue {
  const [first] = issues;
  const nested = (first.issues ?? []).filter((issue) => (issue.path?.length ?? 0) > (first.path?.length ?? 0));
  const [deepest, ...others] = nested.sort((one, other) => (other.path?.length ?? 0) - (one.path?.length ?? 0));
  return deepest === undefined ? first : mostTelling([deepest, ...others]);
}

function describeIssue(issue: Issue, job: unknown): string {
  const place = v.getDotPath(issue) ?? 'job';
  const found = issue.input === undefined ? 'nothing' : JSON.stringify(issue.input);
  if (issue.expected === 'never') {
    const key = String(issue.path?.at(-1)?.key ?? '');
    const near = nearest(key, place === key ? Object.keys(jobEntries) : fieldNames);
    return `${place}: no such field${near === undefined ? '' : `; did you mean ${near}?`}`;
  }
  if (issue.message.startsWith('expected')) return `${place}: ${issue.message}, found ${found.slice(0, 80)}`;
  const expected = issue.expected ?? issue.message;
  return `${place}: expected ${expected}, found ${typeof job === 'object' ? found.slice(0, 80) : typeof job}`;
}

const fieldNames: readonly string[] = [
  ...['source', 'trainingImages', 'trainingLabels', 'testImages', 'testLabels', 'classes', 'validationSamples'],
  ...['kind', 'learningRate', 'momentum', 'nesterov', 'weightDecay', 'everyEpochs', 'factor', 'finalLearningRate'],
  ...['layers', 'graph', 'type', 'units', 'initializer', 'filters', 'kernelSize', 'stride', 'padding', 'size', 'shape'],
];

/** The known name that differs least, if few enough edits away. */
function nearest(name: string, known: readonly string[]): string | undefined {
  const ranked = known.map((each) => ({ each, edits: editDistance(name.toLowerCase(), each.toLowerCase()) }));
  const [best] = ranked.sort((one, other) => one.edits - other.edits);
  return best !== undefined && best.edits <= Math.max(2, name.length / 3) ? best.each : undefined;
}

/** Levenshtein's distance, row by row (Wagner, Fischer, "The string-to-string correction problem", 1974). */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const substituted = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(substituted, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}

/** The job's model as an op graph over the data set's fields. @throws {InputError} if they do not fit. */
export function jobGraph(job: Job, { fields }: DataSet): Graph {
  if ('graph' in job.model) return graphOverFields(job.model.graph, fields);
  const [features, labels] = fields;
  if (features === undefined || labels === undefined || job.loss === undefined) {
    throw new InputError('model.layers need features, labels and a loss');
  }
  return graphFromLayers(job.model.layers, { features, labels, loss: job.loss });
}

function graphOverFields(value: unknown, fields: DataSet['fields']): Graph {
  const graph = parseGraph(value);
  const given = fields.map(({ name, type, shape }) => `${name} ${type} [${shape}]`).join(', ');
  const wanted = graph.inputs.map(({ name, type, shape }) => `${name} ${type} [${shape}]`).join(', ');
  if (given !== wanted) throw new InputError(`model.graph: its inputs are ${wanted}; the data set has ${given}`);
  return graph;
}

/** Identity of the job: SHA-256 (hexadecimal) of its canonical JSON, name and description left out. */
export function jobDigest(job: Job): string {
  const { name: _name, description: _description, ...determining } = job;
  return bytesToHex(sha256(new TextEncoder().encode(canonicalJson(determining))));
}

/** The fields in which two jobs differ in what determines the result, as dotted paths. */
export function differences(one: Job, other: Job): readonly string[] {
  const [first, second] = [leaves(one), leaves(other)];
  const paths = [...new Set([...first.keys(), ...second.keys()])].filter((each) => !/^(name|description)$/.test(each));
  return paths.filter((each) => first.get(each) !== second.get(each));
}

function leaves(value: unknown, prefix = ''): ReadonlyMap<string, string> {
  if (typeof value !== 'object' || value === null) return new Map([[prefix, JSON.stringify(value) ?? 'undefined']]);
  const entries = Object.entries(value);
  return new Map(entries.flatMap(([key, entry]) => [...leaves(entry, prefix === '' ? key : `${prefix}.${key}`)]));
}

/** Steps of the whole job. */
export function totalSteps(job: Job, stepsPerEpoch: number): number {
  return job.steps ?? (job.epochs ?? 0) * stepsPerEpoch;
}

/** The learning rate of a step, counted from 0. Plain arithmetic, the same on every machine. */
export function learningRateAt(job: Job, step: number, stepsPerEpoch: number): number {
  const { schedule, optimizer } = job;
  switch (schedule.kind) {
    case 'constant':
      return optimizer.learningRate;
    case 'step-decay': {
      let rate = optimizer.learningRate;
      const decays = Math.floor(step / stepsPerEpoch / schedule.everyEpochs);
      for (let decay = 0; decay < decays; decay++) rate *= schedule.factor;
      return rate;
    }
    case 'linear': {
      const done = step / Math.max(1, totalSteps(job, stepsPerEpoch) - 1);
      return optimizer.learningRate + (schedule.finalLearningRate - optimizer.learningRate) * done;
    }
    default:
      return schedule satisfies never;
  }
}

/**
 * Applies `path=value` overrides to a job as read, before it is checked. A value is JSON, or else a plain string.
 * @throws {InputError} if an override has no `=` or its path leads through something that is no object.
 */
export function applyOverrides(job: unknown, overrides: readonly string[]): unknown {
  const copy: unknown = JSON.parse(JSON.stringify(job));
  for (const override of overrides) {
    const [, fieldPath, text] = /^([^=]+)=(.*)$/s.exec(override) ?? [];
    if (fieldPath === undefined || text === undefined) {
      throw new InputError(`--set ${override}: expected path=value, like optimizer.learningRate=0.05`);
    }
    setField(copy, fieldPath.split('.'), parseValue(text), override);
  }
  return copy;
}

function setField(job: unknown, keys: readonly string[], value: unknown, override: string): void {
  let target: unknown = job;
  const last = keys.at(-1) ?? '';
  for (const key of keys.slice(0, -1))
    target = isContainer(target) && Object.hasOwn(target, key) ? target[key] : undefined;
  if (!isContainer(target) || last === '__proto__') {
    throw new InputError(`--set ${override}: the job has no field ${keys.slice(0, -1).join('.')} to set this in`);
  }
  target[last] = value;
  // A job has one of the two; setting one means it instead of the other.
  if (keys.length === 1 && last === 'epochs') delete target.steps;
  if (keys.length === 1 && last === 'steps') delete target.epochs;
}

function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
