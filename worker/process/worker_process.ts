// Entry of one supervised worker process; processes.ts starts it. It ends when its work is over, when it is told to
// (SIGTERM), and when its supervisor is gone (the IPC channel closes), whatever killed that.

import { sharedCrew } from '../../shared/crew/crew.ts';
import { InputError } from '../../shared/errors.ts';
import { crewThreads } from '../../shared/node/crew_threads.ts';
import { loadNodeEngine } from '../../shared/node/node_engine.ts';
import { onParentGone } from '../../shared/node/parent_process.ts';
import { openEngine } from '../session/engine.ts';
import { runNodeWorker } from './node_worker.ts';
import { optionsVariable, type ProcessMessage, type ProcessOptions } from './process_messages.ts';

/** Milliseconds that an orphan has for its goodbye. */
const orphanGrace = 1_000;

async function main(): Promise<void> {
  const stop = new AbortController();
  process.on('SIGTERM', () => stop.abort());
  // A terminal's Ctrl-C, and its end, reach the whole process group; the supervisor passes them on in its own way.
  process.on('SIGINT', () => undefined);
  process.on('SIGHUP', () => undefined);
  onParentGone(() => {
    stop.abort();
    setTimeout(() => process.exit(), orphanGrace).unref();
  });

  const options: ProcessOptions = JSON.parse(process.env[optionsVariable] ?? '{}');
  const { url, retryFor, threads = 1, ...others } = options;
  const outcome = await runNodeWorker({
    url: new URL(url),
    engine: await openEngine(loadNodeEngine, sharedCrew(crewThreads({ threads }))),
    ...others,
    retryFor: retryFor ?? Number.POSITIVE_INFINITY,
    signal: stop.signal,
    onEvent: (event) => {
      if (event.type !== 'contributed') void tell({ type: 'event', event });
    },
  });
  await tell({ type: 'outcome', outcome });
}

/** Resolves when the supervisor has it, or is gone. */
function tell(message: ProcessMessage): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) return resolve();
    process.send(message, () => resolve());
  });
}

try {
  await main();
} catch (error) {
  // A mistake in the job would only be repeated; anything else is a crash, told by Node itself.
  if (!(error instanceof InputError)) throw error;
  await tell({ type: 'failed', reason: error.message });
}
if (process.connected) process.disconnect();
