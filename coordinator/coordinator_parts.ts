// The parts of a coordinator, each opened before the run begins: who may come, the port, the records.

import type { Access } from './connections/access.ts';
import type { CoordinatorOptions } from './coordinator_options.ts';
import type { Platform } from './platform.ts';
import type { RunRecorder } from './records/run_recorder.ts';
import { RunRecords } from './records/run_records.ts';
import type { Run } from './run/run.ts';
import type { Pages } from './web/pages.ts';
import type { CoordinatorServer } from './web/server.ts';

/** What a coordinator is assembled from, opened already. */
export interface CoordinatorParts {
  readonly platform: Platform;
  readonly access: Access;
  readonly server: CoordinatorServer | undefined;
  readonly records: RunRecords | undefined;
  readonly recorder: RunRecorder | undefined;
}

/** What a run that has begun answers to those who ask. */
export interface Served {
  readonly status: Run['status'];
  readonly pages: Pages;
}

export function recordsOf(options: CoordinatorOptions, { disk, clock, processes }: Platform): RunRecords | undefined {
  const { prepared, checkpoint, records, onEvent } = options;
  if (records === undefined) return undefined;
  const recorderOptions = {
    ...records,
    prepared,
    disk,
    clock,
    processes,
    onSaved: (step: number, file: string) => onEvent?.({ type: 'checkpoint', step, file }),
    onTrouble: (message: string) => onEvent?.({ type: 'warning', message }),
  };
  return new RunRecords(recorderOptions, checkpoint);
}

export async function openServer(
  { listen }: CoordinatorOptions,
  platform: Platform,
  served: () => Served | undefined,
): Promise<CoordinatorServer | undefined> {
  if (listen === undefined) return undefined;
  return platform.listen({
    ...listen,
    status: () => ({ step: 0, workers: 0, ...served()?.status }),
    pages: (request, response) => {
      const ready = served();
      if (ready === undefined) response.writeHead(503, { 'retry-after': '1' }).end('starting\n');
      else ready.pages(request, response);
    },
  });
}
