// `gradswarm train --supervise` on a terminal.

import { onStopSignal } from '../../shared/node/stop_signal.ts';
import { systemClock } from '../../shared/node/system_clock.ts';
import { printError, printWarning } from '../../shared/node/terminal.ts';
import { programName } from './program_name.ts';
import { resumeCommand } from './resume_command.ts';
import { clearStatus, isLiveTerminal } from './standard_terminal.ts';
import { lineFor, type SupervisorEvent } from './supervision.ts';
import { superviseTraining } from './supervisor.ts';
import type { TrainFlags } from './train_flags.ts';

export function supervise(job: string | undefined, flags: TrainFlags): Promise<number> {
  const stop = new AbortController();
  onStopSignal(() => stop.abort());
  let port: number | undefined;
  const resume = (folder: string) => resumeCommand(flags, { program: programName(), folder, port });
  const onEvent = (event: SupervisorEvent) => {
    if (event.type === 'started') port = event.port;
    print(lineFor(event, resume));
  };
  return superviseTraining({ job, flags }, { signal: stop.signal, clock: systemClock, onEvent });
}

function print(line: ReturnType<typeof lineFor>): void {
  if (line === undefined) return;
  // A process that was killed has left its line on the terminal, and the cursor hidden.
  if (isLiveTerminal()) clearStatus();
  if (line.isFailure) printError(line.text);
  else printWarning(line.text);
}
