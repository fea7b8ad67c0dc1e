// The flags of `gradswarm train` that let people come before anything is computed, and stay when all is.

import type { Command } from 'commander';
import { integer } from '../../shared/node/flags.ts';
import type { LobbyOptions } from '../run/lobby.ts';

export interface LobbyFlags {
  /** Workers wait until somebody presses the button that starts the run. */
  readonly lobby?: true;
  /** The same, or until so many people have come. */
  readonly waitFor?: number;
  /** Whether the command ends with the run; undefined: unless a person reads its terminal. */
  readonly exit?: boolean;
}

export function addLobbyOptions(command: Command): void {
  command
    .option('--lobby', 'let people join first: the page shows how; the run starts by its button, or Enter here')
    .option('--wait-for <n>', 'a lobby that starts by itself when n people have joined', integer(1, 1e6))
    .option('--exit', 'end when the run does, also on a terminal')
    .option('--no-exit', 'keep the page up after the end until Ctrl-C, which is what happens on a terminal anyway');
  // A negated option would be true by default.
  command.setOptionValue('exit', undefined);
}

/** Undefined if the run begins at once. */
export function lobbyOptions({ lobby, waitFor }: LobbyFlags): LobbyOptions | undefined {
  return lobby === undefined && waitFor === undefined ? undefined : { waitsFor: waitFor };
}
