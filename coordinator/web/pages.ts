// What of a run is to be had: its state, the run as it happens, and the model to try.

import type { Clock } from '../../shared/clock.ts';
import { featureRanges } from '../../shared/data/feature_ranges.ts';
import { bytesPerSample } from '../../shared/data/samples.ts';
import { takesAndGives } from '../../shared/model/takes_and_gives.ts';
import type { ModelDescription } from '../../shared/watch/messages.ts';
import type { PreparedJob } from '../computation/prepared_job.ts';
import type { Role } from '../connections/access.ts';
import type { Limits } from '../connections/limits.ts';
import type { MemoryBudget } from '../connections/memory_budget.ts';
import { comeBack, Refusal } from '../connections/refusal.ts';
import { LargeAnswers } from './large_answers.ts';
import type { Exchange, Route, Routes } from './routes.ts';
import { SharedCopies } from './shared_copies.ts';
import type { Viewer } from './viewers.ts';
import type { Watchers } from './watchers.ts';

/** Test samples that a page may ask for at once, and their bytes. */
const maximumSamples = 1_000;
const maximumSampleBytes = 4 * 1024 * 1024;

/** Different pieces of the test set that are sent at a time. */
const maximumPieces = 32;

/** Versions of the parameters that are sent at a time; where these are taken slowly, others get the newest of them. */
const maximumVersions = 2;

/** Milliseconds for which a copy of the parameters stands for newer ones. */
const parametersFreshFor = 1_000;

/** Milliseconds for which a status stands. */
const statusFreshFor = 20;

export interface PagesOptions {
  readonly prepared: PreparedJob;
  readonly watchers: Watchers;
  readonly step: () => number;
  /** Begins a run that waits in its lobby. @returns whether it did wait */
  readonly begin: () => boolean;
  /** As whom somebody asks. */
  readonly viewerOf: (exchange: Exchange) => Viewer;
  /** What `GET /status` answers, as JSON. */
  readonly status: () => object;
  readonly clock: Clock;
  readonly limits: Limits;
  /** What all peers may hold. */
  readonly memory: MemoryBudget;
}

export function createPages(options: PagesOptions): Routes {
  const { prepared, watchers, step, status, clock, limits, memory } = options;
  const large = new LargeAnswers(limits, clock.now);
  const sendParameters = parametersOf(prepared, step, { clock, memory, large });
  const sendSamples = testSamplesOf(prepared, { clock, memory, large });
  const answers: Readonly<Record<RunPath, Route['answer']>> = {
    '/status': statusOf(status, clock),
    '/events': (exchange) => watchers.add(exchange),
    '/model': modelOf(prepared),
    '/parameters': sendParameters,
    '/frozen': frozenOf(prepared, { clock, memory, large }),
    '/test-samples': sendSamples,
    '/start': startOf(options),
  };
  return routesOf((path) => answers[path]);
}

const methods = {
  '/status': ['GET', 'HEAD'],
  // Its head alone would be an answer without an end.
  '/events': ['GET'],
  '/model': ['GET', 'HEAD'],
  '/parameters': ['GET', 'HEAD'],
  '/frozen': ['GET', 'HEAD'],
  '/test-samples': ['GET', 'HEAD'],
  '/start': ['POST'],
} as const;

type RunPath = keyof typeof methods;

/** What is answered while the run is still being prepared. */
export const startingPages: Routes = routesOf((path) =>
  path === '/status'
    ? ({ response }) => sendJson(response, JSON.stringify({ step: 0, workers: 0 }))
    : () => {
        throw comeBack(503, 1, 'the run is starting');
      },
);

function routesOf(answerAt: (path: RunPath) => Route['answer']): Routes {
  const paths = Object.keys(methods) as RunPath[];
  return new Map(paths.map((path) => [path, { methods: methods[path], role: roleFor(path), answer: answerAt(path) }]));
}

function roleFor(path: RunPath): Role {
  return path === '/start' ? 'administrator' : 'watcher';
}

/** For whoever may start the run. */
function startOf({ begin, viewerOf }: PagesOptions): Route['answer'] {
  return (exchange) => {
    if (viewerOf(exchange) !== 'host') {
      throw new Refusal(403, 'whoever runs the coordinator starts it: from its machine, or with its token');
    }
    if (!begin()) throw new Refusal(409, 'the run has begun already');
    exchange.response.writeHead(204).end();
  };
}

function statusOf(status: () => object, { now }: Clock): Route['answer'] {
  let text = '';
  let madeAt = Number.NEGATIVE_INFINITY;
  return ({ response }) => {
    if (now() - madeAt >= statusFreshFor) {
      text = JSON.stringify(status());
      madeAt = now();
    }
    sendJson(response, text);
  };
}

/** It does not change, and is described when it is first asked for. */
function modelOf(prepared: PreparedJob): Route['answer'] {
  let text: string | undefined;
  return ({ response }) => {
    text ??= JSON.stringify(describeModel(prepared));
    sendJson(response, text);
  };
}

function describeModel({ job, graph, data, state }: PreparedJob): ModelDescription {
  const { fields, training, test } = data.dataSet;
  const samplesAtOnce = Math.min(test.count, samplesThatFit(fields));
  const frozen = state.frozenDigest;
  const { takes, gives } = takesAndGives({ graph, fields, ranges: featureRanges(training, fields) });
  const description = { numerics: job.numerics, graph, testSamples: test.count, samplesAtOnce, takes, gives };
  return frozen === undefined ? description : { ...description, frozen };
}

function samplesThatFit(fields: PreparedJob['data']['dataSet']['fields']): number {
  const bytes = fields.reduce((sum, field) => sum + bytesPerSample(field), 0);
  return Math.max(1, Math.min(maximumSamples, Math.floor(maximumSampleBytes / bytes)));
}

interface Sending {
  readonly clock: Clock;
  readonly memory: MemoryBudget;
  readonly large: LargeAnswers;
}

function parametersOf({ state }: PreparedJob, step: () => number, { large, ...means }: Sending): Route['answer'] {
  const copies = new SharedCopies<number>({ maximum: maximumVersions, freshFor: parametersFreshFor, ...means });
  const hold = (cut: () => void) => copies.hold(step(), () => state.weights.forUse.slice(), cut);
  return (exchange) => large.send(exchange, hold, (version) => ({ 'x-gradswarm-step': String(version) }));
}

function frozenOf({ state }: PreparedJob, { large, ...means }: Sending): Route['answer'] {
  const copies = new SharedCopies<string>({ maximum: 1, freshFor: 0, ...means });
  return (exchange) => {
    const { frozenDigest } = state;
    if (frozenDigest === undefined) throw new Refusal(404, 'the model has no frozen weights');
    const hold = (cut: () => void) => copies.hold(frozenDigest, () => state.frozenBytes.slice(), cut);
    large.send(exchange, hold, () => ({}));
  };
}

function testSamplesOf({ data }: PreparedJob, { large, ...means }: Sending): Route['answer'] {
  const copies = new SharedCopies<string>({ maximum: maximumPieces, freshFor: 0, ...means });
  const atOnce = samplesThatFit(data.dataSet.fields);
  return (exchange) => {
    const { first, count } = requestedSamples(exchange, data.dataSet.test.count, atOnce);
    const make = () => data.packedTestSamples(first, count).slice();
    const hold = (cut: () => void) => copies.hold(`${first} ${count}`, make, cut);
    large.send(exchange, hold, () => ({}));
  };
}

function requestedSamples({ query }: Exchange, available: number, atOnce: number): { first: number; count: number } {
  const [first, count] = [Number(query.get('first') ?? 0), Number(query.get('count') ?? 1)];
  const isValid = Number.isInteger(first) && Number.isInteger(count) && first >= 0 && count >= 1;
  if (!isValid || count > atOnce || first + count > available) {
    throw new Refusal(400, `first and count: whole numbers, at most ${atOnce} of ${available} samples`);
  }
  return { first, count };
}

function sendJson(response: Exchange['response'], text: string): void {
  response.writeHead(200, {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}
