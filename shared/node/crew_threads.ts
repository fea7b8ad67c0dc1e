// A crew's mates as threads of this process.

import { Worker } from 'node:worker_threads';
import type { CrewPlatform } from '../crew/crew.ts';
import type { MateOrder } from '../crew/mate.ts';
import { type EngineKind, engineKind } from './node_engine.ts';
import { systemClock } from './system_clock.ts';
import { printWarning } from './terminal.ts';

/** What a thread is started with. */
export interface MateThread {
  readonly order: MateOrder;
  /** Whose native kernels compute: those that this process has proven. WebAssembly's do if it is absent. */
  readonly instructionSet?: string;
}

export interface CrewThreadsOptions {
  /** In all, that which asks for the computation among them. */
  readonly threads: number;
  readonly onTrouble?: (message: string) => void;
  /** The script that they run; by default this package's. */
  readonly entry?: URL;
}

/** Under vitest this module is TypeScript and its sibling the built one's source: `entry` is given there. */
const defaultEntry = new URL('./crew_thread.js', import.meta.url);

export function crewThreads(options: CrewThreadsOptions): CrewPlatform {
  const { threads, onTrouble = printWarning, entry = defaultEntry } = options;
  return {
    threads,
    now: systemClock.now,
    onTrouble,
    startMate: (order, onEnded) => startThread(entry, order, onEnded),
  };
}

/** Starts a thread that does not keep the process alive; `onEnded` and the function returned are those of `CrewPlatform`. */
function startThread(entry: URL, order: MateOrder, onEnded: (reason: string) => void): () => void {
  let thread: Worker | undefined;
  let isOver = false;
  const end = (reason: string) => {
    if (!isOver) onEnded(reason);
    isOver = true;
  };
  const start = (engine: EngineKind) => {
    if (isOver) return;
    const workerData: MateThread = engine.kind === 'native' ? { order, instructionSet: engine.set } : { order };
    thread = new Worker(entry, { workerData });
    thread.unref();
    thread.once('error', ({ message }) => end(message));
    thread.once('exit', (code) => end(`exit code ${code}`));
  };
  engineKind(order.numerics).then(start, ({ message }: Error) => end(message));
  return () => {
    isOver = true;
    void thread?.terminate();
  };
}
