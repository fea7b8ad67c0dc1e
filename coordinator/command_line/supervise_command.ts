// `gradswarm train --supervise` on a terminal.

import { onStopSignal } from '../../shared/node/stop_signal.ts';
import { systemClock } from '../../shared/node/system_clock.ts';
import { printError, printWarning } from '../../shared/node/terminal.ts';
import { lineFor, type SupervisorEvent } from './supervision.ts';
import { superviseTraining } from './supervisor.ts';
import type { TrainFlags } from './train_flags.ts';

export function supervise(job: string | undefined, flags: TrainFlags): Promise<number> {
  const stop = new AbortController();
  onStopSignal(() => stop.abort());
  return superviseTraining({ job, flags }, { signal: stop.signal, clock: systemClock, onEvent: print });
}

function print(event: SupervisorEvent): void {
  const line = lineFor(event);
  if (line === undefined) return;
  // A process that was killed has left its bar on the terminal, and the cursor hidden.
  if (process.stdout.isTTY === true) process.stdout.write('\u001b[?25h\n');
  if (line.isFailure) printError(line.text);
  else printWarning(line.text);
}
