// A run of the past, or one that rests, shown to whoever wants to see it: the same pages, from its checkpoint and its ledger.
// Nothing is trained, and nothing in its folder is changed.

import { requireToken } from '../shared/protocol/token.ts';
import { trainingPlan } from './computation/prepared_job.ts';
import type { CoordinatorOptions } from './coordinator_options.ts';
import { creditOf, guardOf, openServer } from './coordinator_parts.ts';
import { systemPlatform } from './platform.ts';
import type { LedgerRecord } from './records/ledger.ts';
import { restoreCredit } from './records/ledger_credit.ts';
import { beforeIn, pastStepsOf } from './records/ledger_steps.ts';
import type { FoundCheckpoint } from './records/run_folder.ts';
import { SynchronousSteps } from './training/synchronous_steps.ts';
import { localUrl, pageAddresses } from './web/addresses.ts';
import { type ObservedRun, observe } from './web/observation.ts';
import type { Routes } from './web/routes.ts';

export interface PastRunOptions extends Pick<CoordinatorOptions, 'prepared' | 'token' | 'onEvent' | 'platform'> {
  /** What is shown; the parameters are its own already. */
  readonly checkpoint: FoundCheckpoint;
  /** How many steps a replay has recomputed to its parameters; undefined if none has. */
  readonly replayedSteps?: number | undefined;
  /** What the run's ledger says; nothing where there is none. */
  readonly ledger: readonly LedgerRecord[];
  readonly listen: NonNullable<CoordinatorOptions['listen']>;
}

export interface ServedRun extends AsyncDisposable {
  readonly port: number;
  /** Where this machine finds the page. */
  readonly url: string;
  /** Whether the job was done. */
  readonly isFinished: boolean;
}

/** @throws {InputError} if the token could never be presented, or the port cannot be had */
export async function servePastRun(options: PastRunOptions): Promise<ServedRun> {
  const { prepared, token, listen, checkpoint: found, ledger } = options;
  if (token !== undefined) requireToken(token);
  const platform = { ...systemPlatform, ...options.platform };
  const guard = guardOf(options, platform);
  let pages: Routes | undefined;
  const server = await openServer({ ...options, listen }, { platform, guard, pages: () => pages });
  if (server === undefined) throw new Error('a past run is served on a port');
  const { port } = server;
  const place = { host: listen.host, port, isSecure: listen.tls !== undefined };
  const { step, history } = found.checkpoint;
  const credit = creditOf(options, guard);
  restoreCredit(credit, ledger, step);
  const { state } = prepared;
  const isFinished = isOver(options);
  if (isFinished) state.weights.adoptResult();
  const observation = observe({
    prepared,
    run: stillRun(step, isFinished),
    records: { before: beforeIn(ledger), pastSteps: pastStepsOf(ledger, step), history, saving: { checkpoint: step } },
    credit,
    addresses: pageAddresses(place),
    ...guard,
    clock: platform.clock,
  });
  const replayed = options.replayedSteps === undefined ? {} : { replayedSteps: options.replayedSteps };
  if (isFinished) observation.conclude({ parametersDigest: state.parametersDigest, ...replayed });
  pages = observation.pages;
  const dispose = async () => {
    await observation.close();
    await server.close();
  };
  return { port, url: localUrl(place), isFinished, [Symbol.asyncDispose]: dispose };
}

/** Whether nothing is left to be done, be it that the job ended early. */
function isOver({ prepared, checkpoint }: PastRunOptions): boolean {
  const { step: firstStep, history } = checkpoint.checkpoint;
  const plan = trainingPlan(prepared, { firstStep, evaluatedStep: history.at(-1)?.step ?? 0, history });
  return new SynchronousSteps(plan).next(undefined).length === 0;
}

/** What there is to see of a run in which nothing happens. */
function stillRun(step: number, isFinished: boolean): ObservedRun {
  return {
    phase: isFinished ? 'finished' : 'stopped',
    step,
    status: { step, workers: 0 },
    lobby: {},
    workerFigures: [],
    begin: () => false,
  };
}
