// What follows a run's end on a terminal: its page stays until somebody says that it has been seen.

import type { Coordinator } from '../coordinator.ts';
import { shellWord } from './program_name.ts';
import type { TrainFlags } from './train_flags.ts';

export interface Stay {
  readonly coordinator: Pick<Coordinator, 'port' | 'url'>;
  readonly folder: string;
  /** How the program is called. */
  readonly program: string;
  readonly flags: Pick<TrainFlags, 'exit' | 'supervise' | 'json'>;
  /** Whether a person is there to end it. */
  readonly isTerminal: boolean;
  /** Aborts when the page is to go. */
  readonly signal: AbortSignal;
  readonly print: (line: string) => void;
}

/** Resolves when the page may go: at once where nobody would end it, or everybody was told that the end is the end. */
export async function stayUp({ coordinator, folder, program, flags, isTerminal, signal, print }: Stay): Promise<void> {
  const { url } = coordinator;
  const mayEnd = flags.exit ?? (!isTerminal || flags.supervise === true || flags.json === true);
  if (url === undefined || mayEnd || signal.aborted) return;
  print(
    `the page stays at ${url.replace(/^ws/, 'http')}/ until Ctrl-C; ${program} serve ${shellWord(folder)} shows it again`,
  );
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
