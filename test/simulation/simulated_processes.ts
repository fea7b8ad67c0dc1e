// The processes of the coordinator's machine: few ids, so that they are soon used again, and a name for each of its starts.

import type { Processes } from '../../coordinator/records/processes.ts';

export interface SimulatedProcess {
  isAlive: boolean;
}

const host = 'simulated';

export class SimulatedProcesses {
  readonly #alive = new Map<number, { readonly process: SimulatedProcess; readonly start: string }>();
  #boots = 0;
  #starts = 0;

  /** What a new process sees of itself and of the others. */
  begin(process: SimulatedProcess): Processes {
    const start = String(this.#starts++);
    const boot = `boot-${this.#boots}`;
    let pid = 1;
    while (this.#find(pid) !== undefined) pid += 1;
    this.#alive.set(pid, { process, start });
    return { own: () => ({ pid, start, boot, host }), find: (id) => this.#find(id) };
  }

  /** Ends all of them. */
  cutPower(): void {
    this.#boots += 1;
    for (const { process } of this.#alive.values()) process.isAlive = false;
  }

  #find(pid: number): { readonly start: string } | undefined {
    const found = this.#alive.get(pid);
    return found?.process.isAlive === true ? { start: found.start } : undefined;
  }
}
