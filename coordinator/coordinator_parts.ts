// The parts of a coordinator, each opened before the run begins: who may come, the port, the records.

import { Crew } from '../shared/crew/crew.ts';
import { engineMemory } from '../shared/engine/engine.ts';
import { createGuard, type Guard } from './connections/guard.ts';
import type { CoordinatorOptions } from './coordinator_options.ts';
import type { Platform } from './platform.ts';
import type { RunRecorder } from './records/run_recorder.ts';
import { RunRecords } from './records/run_records.ts';
import { Credit } from './training/credit.ts';
import { startingPages } from './web/pages.ts';
import type { Routes } from './web/routes.ts';
import type { CoordinatorServer } from './web/server.ts';

/** What a coordinator is assembled from, opened already. */
export interface CoordinatorParts {
  readonly platform: Platform;
  readonly guard: Guard;
  readonly server: CoordinatorServer | undefined;
  readonly records: RunRecords | undefined;
  readonly recorder: RunRecorder | undefined;
  readonly credit: Credit;
  readonly crew: Crew;
}

/** Of nobody yet. */
export function creditOf({ prepared }: CoordinatorOptions, { limits }: Guard): Credit {
  return new Credit({ microbatchSize: prepared.job.microbatchSize, maximum: limits.volunteers });
}

export function recordsOf(
  options: CoordinatorOptions,
  { platform: { disk, clock, processes }, credit }: Pick<CoordinatorParts, 'platform' | 'credit'>,
): RunRecords | undefined {
  const { prepared, checkpoint, records, listen, onEvent } = options;
  if (records === undefined) return undefined;
  const recorderOptions = {
    ...records,
    prepared,
    disk,
    clock,
    processes,
    credit,
    isWatched: listen !== undefined,
    onSaved: (step: number, file: string) => onEvent?.({ type: 'checkpoint', step, file }),
    onTrouble: (message: string) => onEvent?.({ type: 'warning', message }),
  };
  return new RunRecords(recorderOptions, checkpoint);
}

/** What computes the coordinator's own share. */
export function crewOf({ prepared, threads = 1, onEvent }: CoordinatorOptions, { crewThreads }: Platform): Crew {
  const { engine, replica } = prepared.state;
  const onTrouble = (message: string) => onEvent?.({ type: 'warning', message });
  const lead = { engine, replica, graph: prepared.graph, maximumBytes: engineMemory };
  return new Crew({ ...crewThreads({ threads, onTrouble }), ...lead });
}

/** Who may come, and what they may cost. @throws {InputError} if a limit is out of its range. */
export function guardOf({ token, listen, prepared }: CoordinatorOptions, { clock }: Platform): Guard {
  const parameterBytes = 4 * prepared.state.replica.parameterCount;
  return createGuard({ token, limits: listen?.limits, parameterBytes, now: clock.now });
}

export interface Opening {
  readonly platform: Platform;
  readonly guard: Guard;
  /** What there is to be had of the run; undefined while it is being prepared. */
  readonly pages: () => Routes | undefined;
}

export async function openServer(
  { listen, onEvent }: CoordinatorOptions,
  { platform, guard, pages }: Opening,
): Promise<CoordinatorServer | undefined> {
  if (listen === undefined) return undefined;
  return platform.listen({
    ...listen,
    ...guard,
    clock: platform.clock,
    routes: () => pages() ?? startingPages,
    onTrouble: (message) => onEvent?.({ type: 'warning', message }),
  });
}
