// A job read, checked and asked: what its file states, what model and how many steps that means, and which job it is.

import * as v from 'valibot';
import type { DataSet } from '../data/data_set.ts';
import type { FieldSpecification } from '../data/samples.ts';
import { withoutPaths } from '../data/sources/source_registry.ts';
import { sha256Hex } from '../digest/sha256.ts';
import { type Graph, parseGraph } from '../engine/graph.ts';
import { InputError } from '../errors.ts';
import { addAdapters } from '../model/adapters.ts';
import { freezeParameters, parametersOf } from '../model/freeze.ts';
import { graphFromLayers } from '../model/graph_from_layers.ts';
import { canonicalJson } from './canonical_json.ts';
import { checkpointOf, type Initialize } from './initialize.ts';
import { describeIssues } from './issues.ts';
import { type Job, jobSchema } from './job_schema.ts';
import { maximumSteps } from './limits.ts';
import { dependsOnLength, needsValidation, scheduledRate } from './schedules/schedule_registry.ts';

export type { Job } from './job_schema.ts';

/**
 * The effective job of what a file states, its defaults filled in; `source` is how errors call the file.
 * @throws {InputError} like `job.json: optimizer.learningRate: expected a number above 0, found -1`.
 */
export function parseJob(value: unknown, source: string): Job {
  const result = v.safeParse(jobSchema, value);
  if (result.success) return result.output;
  const { path, message } = describeIssues(jobSchema, result.issues);
  throw new InputError(`${source}: ${path === '' ? '' : `${path}: `}${message}`);
}

/** What does not change a result: two jobs that differ in these alone are one job. */
const labels: ReadonlySet<string> = new Set(['name', 'description']);

function identity(job: Job): Readonly<Record<string, unknown>> {
  const { initialize, ...rest } = job;
  const content = { ...rest, data: withoutPaths(job.data), ...(initialize && { initialize: withoutPath(initialize) }) };
  return Object.fromEntries(Object.entries(content).filter(([key]) => !labels.has(key)));
}

function withoutPath(initialize: Initialize): Readonly<Record<string, unknown>> {
  const { checkpoint: _path, job: _hint, digest, ...rest } = initialize;
  if (digest !== undefined) return { digest, ...rest };
  throw new InputError(`initialize.digest: missing: the digest of the weights in ${checkpointOf(initialize)}`);
}

/**
 * The job's identity: SHA-256, hexadecimal, of the canonical JSON of everything but name, description and the paths of
 * files. What stands in data files has a digest of its own; of the weights that a job begins with it states the digest.
 * @throws {InputError} if it does not.
 */
export function jobDigest(job: Job): string {
  return sha256Hex(new TextEncoder().encode(canonicalJson(identity(job))));
}

/** Where two jobs differ, like `optimizer.learningRate (0.1 and 0.05)`; empty if they are one job. */
export function differences(one: Job, other: Job): readonly string[] {
  return [...differingPaths(identity(one), identity(other), '')];
}

function* differingPaths(one: unknown, other: unknown, path: string): Iterable<string> {
  if (isRecord(one) && isRecord(other)) {
    for (const key of new Set([...Object.keys(one), ...Object.keys(other)])) {
      yield* differingPaths(one[key], other[key], path === '' ? key : `${path}.${key}`);
    }
  } else if (one !== other) {
    yield `${path} (${brief(one)} and ${brief(other)})`;
  }
}

/** Lists count as records of their positions. */
function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function brief(value: unknown): string {
  if (isRecord(value)) return Array.isArray(value) ? 'a list' : 'an object';
  return value === undefined ? 'none' : String(value);
}

/**
 * The model's graph for a data set.
 * @throws {InputError} naming the layer or input that does not fit.
 */
export function jobGraph(job: Job, dataSet: Pick<DataSet, 'fields'>): Graph {
  const base = baseGraph(job, dataSet);
  const { adapters, freeze = adapters === undefined ? [] : ['*'] } = job;
  const graph = adapters === undefined ? base : addAdapters(base, adapters);
  // Adapters are there to be trained, whatever the patterns mean.
  return freeze.length === 0 ? graph : freezeParameters(graph, freeze, parametersOf(base));
}

/**
 * The model's graph without adapters and with nothing frozen: what is exported, with adapters merged.
 * @throws {InputError} as `jobGraph`.
 */
export function baseGraph(
  job: Pick<Job, 'model' | 'loss' | 'metrics' | 'seed'>,
  { fields }: Pick<DataSet, 'fields'>,
): Graph {
  if ('graph' in job.model) return fittingGraph(parseGraph(job.model.graph), fields);
  const [features, labelField, ...others] = fields;
  if (others.length > 0) {
    throw new InputError(
      `model.layers: would not read the data's ${others.map(({ name }) => name).join(', ')}: state a model.graph, or data.encoding "one-hot"`,
    );
  }
  if (features === undefined || labelField === undefined || job.loss === undefined) {
    throw new InputError('model.layers: needs a loss and a data set of two fields, features and labels');
  }
  const { loss, metrics, seed } = job;
  return graphFromLayers(job.model.layers, { features, labels: labelField, loss, seed, ...(metrics && { metrics }) });
}

function fittingGraph(graph: Graph, fields: readonly FieldSpecification[]): Graph {
  const describe = (inputs: readonly Pick<FieldSpecification, 'name' | 'type' | 'shape'>[]) =>
    inputs.map(({ name, type, shape }) => `${name} ${type} [${shape.join(', ')}]`).join(', ');
  const expected = describe(fields);
  const found = describe(graph.inputs);
  if (found === expected) return graph;
  throw new InputError(`model.graph.inputs: expected the data set's fields, ${expected}; found ${found}`);
}

/**
 * Steps of the whole job.
 * @throws {InputError} if there are more than the random numbers' counter can tell apart.
 */
export function totalSteps(job: Job, stepsPerEpoch: number): number {
  const steps = job.steps ?? (job.epochs ?? 0) * stepsPerEpoch;
  if (steps > maximumSteps) throw new InputError(`epochs: ${steps} steps are more than the limit of ${maximumSteps}`);
  return steps;
}

/** Whether what a job computes depends on its validation losses. */
export function looksAtValidation({ schedule, earlyStopping }: Job): boolean {
  return earlyStopping !== undefined || needsValidation(schedule);
}

/**
 * Why a run of `recorded` cannot go on as one of `asked`, which differs from it in its length alone; undefined if it can.
 * A longer or shorter job must have done the very same steps.
 * @param done the steps that the run has done
 */
export function lengthFault(recorded: Job, asked: Job, stepsPerEpoch: number, done: number): string | undefined {
  const [then, now] = [totalSteps(recorded, stepsPerEpoch), totalSteps(asked, stepsPerEpoch)];
  if (then === now) return undefined;
  if (now < done) return `${now} steps are fewer than the ${done} that it has done`;
  const { kind } = recorded.schedule;
  if (dependsOnLength(recorded.schedule)) {
    return `the learning rates of schedule ${kind} depend on the job's length: a job of ${now} steps would have had others from its first step on; begin a new run with these weights (initialize.checkpoint), or train with schedule constant, step-decay or plateau from the start`;
  }
  if (now > then && looksAtValidation(recorded) && then % stepsPerEpoch !== 0) {
    return `it would have measured validation data at the end of an epoch, not after step ${then}`;
  }
  return undefined;
}

/**
 * The learning rate of a step, counted from 0.
 * @param validationLosses of the epochs that are over by then
 */
export function learningRateAt(
  job: Job,
  step: number,
  stepsPerEpoch: number,
  validationLosses: readonly number[] = [],
): number {
  const { optimizer, schedule } = job;
  const point = {
    base: optimizer.learningRate,
    step,
    stepsPerEpoch,
    totalSteps: totalSteps(job, stepsPerEpoch),
    validationLosses,
  };
  return scheduledRate(schedule, point);
}
