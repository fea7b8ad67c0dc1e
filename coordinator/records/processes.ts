// Which processes there are, as far as a lock must know: whether the one that left it is still there.

import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

export interface ProcessIdentity {
  readonly pid: number;
  /** When it began, in its system's own words; undefined where the system does not tell. */
  readonly start?: string;
  /** Another one each time that the machine is started; undefined where the system does not tell. */
  readonly boot?: string;
  /** The name of its machine. */
  readonly host: string;
}

export interface Processes {
  /** This process. */
  readonly own: () => ProcessIdentity;
  /** The process of this machine that has the id now, if any has. */
  readonly find: (pid: number) => Pick<ProcessIdentity, 'start'> | undefined;
}

export const systemProcesses: Processes = {
  own: () => {
    const boot = readText('/proc/sys/kernel/random/boot_id')?.trim();
    const { start } = statusOf(process.pid) ?? {};
    return {
      pid: process.pid,
      ...(start === undefined ? {} : { start }),
      ...(boot === undefined ? {} : { boot }),
      host: hostname(),
    };
  },
  find: (pid) => {
    if (!isThere(pid)) return undefined;
    const status = statusOf(pid);
    // A zombie is dead; only its parent has not asked for it yet.
    if (status?.state === 'Z' || status?.state === 'X') return undefined;
    return status === undefined ? {} : { start: status.start };
  },
};

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Another user's process, for one, may not be signalled.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** State and start time, in ticks since the machine's start, from Linux's `/proc/PID/stat`: its fields 3 and 22. */
function statusOf(pid: number): { readonly state: string; readonly start: string } | undefined {
  const text = readText(`/proc/${pid}/stat`);
  // The second field is the program's name in brackets, whatever that holds.
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, start] = [fields?.[0], fields?.[19]];
  return state === undefined || start === undefined ? undefined : { state, start };
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
