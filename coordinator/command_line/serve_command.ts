// `gradswarm serve`: the pages of a run that is over or rests, without training.

import { dirname } from 'node:path';
import { exitCodes } from '../../shared/node/exit_codes.ts';
import { onStopSignal } from '../../shared/node/stop_signal.ts';
import { printWarning } from '../../shared/node/terminal.ts';
import { servePastRun } from '../past_run.ts';
import { systemDisk } from '../records/disk.ts';
import { type LedgerRecord, readLedger } from '../records/ledger.ts';
import { replayedSteps } from '../records/replay_mark.ts';
import { ledgerFile, openCheckpoint } from '../records/run_folder.ts';
import { pageAddresses } from '../web/addresses.ts';
import { listenOptions, type NetworkFlags, tokenExposure } from './network_flags.ts';
import { prepareCheckpoint } from './recorded_job.ts';

export interface ServeFlags extends NetworkFlags {
  /** Overrides: where the data are now. */
  readonly set: readonly string[];
}

/** Until somebody stops it. */
export async function serve(path: string, flags: ServeFlags): Promise<number> {
  const found = await openCheckpoint(path);
  for (const reason of found.damaged) printWarning(reason);
  const prepared = await prepareCheckpoint(found, { set: flags.set });
  const folder = dirname(found.file);
  const stop = new AbortController();
  onStopSignal(() => stop.abort());
  await using served = await servePastRun({
    prepared,
    checkpoint: found,
    ledger: await recordsIn(folder),
    replayedSteps: await replayedSteps(folder, found.checkpoint),
    listen: listenOptions(flags),
    token: flags.token,
    onEvent: (event) => {
      if (event.type === 'warning') printWarning(event.message);
    },
  });
  const { port, isFinished } = served;
  const { step } = found.checkpoint;
  const state = isFinished ? 'finished' : `as of step ${step} of ${prepared.totalSteps}`;
  console.log(`${prepared.job.name}, ${state}: ${found.file}`);
  const exposure = tokenExposure(flags);
  if (exposure !== undefined) printWarning(exposure);
  const place = { host: flags.host, port, isSecure: flags.tlsCert !== undefined };
  console.log(`the page is at ${pageAddresses(place).join('  ') || `${served.url.replace(/^ws/, 'http')}/`}`);
  console.log('nothing is trained; Ctrl-C ends it');
  await new Promise<void>((resolve) => {
    if (stop.signal.aborted) resolve();
    else stop.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  return exitCodes.success;
}

/** A folder without a ledger, or with a damaged one, has its checkpoint to show all the same. */
async function recordsIn(folder: string): Promise<readonly LedgerRecord[]> {
  const file = ledgerFile(folder);
  const content = await systemDisk.read(file).catch((error: NodeJS.ErrnoException) => {
    printWarning(`ledger ${file}: ${error.code === 'ENOENT' ? 'there is none' : `cannot be read (${error.code})`}`);
    return new Uint8Array(0);
  });
  const { records, broken } = readLedger(content);
  if (broken !== undefined)
    printWarning(`ledger ${file}, line ${broken.line}: ${broken.reason}; what is before it is shown`);
  return records;
}
