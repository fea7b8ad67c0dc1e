// When a coordinator that has ended is started again: not after what another start would only repeat, and each time later
// while no start gets any further; and what its user is told. Pure.

import { exitCodes } from '../../shared/node/exit_codes.ts';

/** How a process ended: by its exit code, or killed by a signal. */
export type Exit =
  | { readonly code: number; readonly signal: null }
  | { readonly code: null; readonly signal: NodeJS.Signals };

/** One coordinator process, after its end. */
export interface Life {
  readonly exit: Exit;
  /** It has saved a checkpoint, so the next one begins later in the run. */
  readonly hasAdvanced: boolean;
  /** It had been told to stop. */
  readonly wasStopped: boolean;
}

export type Verdict =
  /** The run is over, or somebody wants it to be. */
  | { readonly type: 'end'; readonly exitCode: number }
  /** It died, the last of so many in a row, and is started again after so many milliseconds. */
  | { readonly type: 'restart'; readonly deaths: number; readonly milliseconds: number }
  /** It died while it was stopping, or the last of too many in a row. */
  | { readonly type: 'give up'; readonly deaths: number };

/** Deaths in a row, none of which left a checkpoint behind: whatever kills the coordinator will not go away. */
export const maximumDeaths = 10;

/** Milliseconds before the first start in a row, and the longest ones. */
const firstWait = 1_000;
const longestWait = 60_000;

/** What a run ends with by itself, or by a mistake of its user's; anything else is a crash. */
const deliberateCodes: ReadonlySet<number> = new Set([
  exitCodes.success,
  exitCodes.failure,
  exitCodes.usage,
  exitCodes.interrupted,
  exitCodes.outputClosed,
]);

/** Sent by people and their system to end a process; it dies of them only while it is still starting. */
const deliberateSignals: ReadonlySet<NodeJS.Signals> = new Set(['SIGINT', 'SIGTERM', 'SIGHUP']);

/** @param deaths in a row before this life, none of which left a checkpoint behind */
export function judge({ exit, hasAdvanced, wasStopped }: Life, deaths: number): Verdict {
  if (exit.signal === null && deliberateCodes.has(exit.code)) return { type: 'end', exitCode: exit.code };
  if (exit.signal !== null && deliberateSignals.has(exit.signal)) {
    return { type: 'end', exitCode: exitCodes.interrupted };
  }
  const inRow = hasAdvanced ? 1 : deaths + 1;
  if (wasStopped || inRow >= maximumDeaths) return { type: 'give up', deaths: inRow };
  return { type: 'restart', deaths: inRow, milliseconds: Math.min(longestWait, firstWait * 2 ** (inRow - 1)) };
}

export type SupervisorEvent =
  /** A coordinator listens, and trains in that folder. */
  | { readonly type: 'started'; readonly folder: string; readonly port?: number }
  /** A coordinator has died; `folder` is that of its run, if it had one already. */
  | {
      readonly type: 'died';
      readonly life: Life;
      readonly verdict: Exclude<Verdict, { readonly type: 'end' }>;
      readonly folder: string | undefined;
    }
  /** Told to stop while none ran. */
  | { readonly type: 'stopped'; readonly folder: string | undefined };

/**
 * The line that an event is worth, if it is worth one: the coordinator itself says that it has started.
 * @param resume the command that goes on with the run in a folder
 */
export function lineFor(
  event: SupervisorEvent,
  resume: (folder: string) => string,
): { readonly text: string; readonly isFailure: boolean } | undefined {
  switch (event.type) {
    case 'started':
      return undefined;
    case 'stopped':
      return {
        text: `stopped; the coordinator is not started again${resumeWith(event.folder, resume)}`,
        isFailure: false,
      };
    case 'died': {
      const { life, verdict, folder } = event;
      const death = `the coordinator died (${describeExit(life.exit)})`;
      if (verdict.type === 'restart') {
        const what = folder === undefined ? 'starting it again' : `resuming ${folder}`;
        return { text: `${death}; ${what} in ${verdict.milliseconds / 1000} s`, isFailure: false };
      }
      const inRow = `, ${verdict.deaths} times in a row without a new checkpoint: giving up`;
      const when = life.wasStopped ? ' while it was stopping' : inRow;
      return { text: `${death}${when}${resumeWith(folder, resume)}`, isFailure: true };
    }
    default:
      return event satisfies never;
  }
}

function resumeWith(folder: string | undefined, resume: (folder: string) => string): string {
  return folder === undefined ? '' : `; resume with: ${resume(folder)}`;
}

function describeExit({ code, signal }: Exit): string {
  if (signal !== null) return `killed by ${signal}`;
  return code === exitCodes.crash ? 'by an error of its own' : `with exit code ${code}`;
}
