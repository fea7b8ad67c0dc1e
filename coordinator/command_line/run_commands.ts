// The commands that look at the folders of runs.

import type { Command } from 'commander';
import { runCommand } from '../../shared/node/command.ts';
import type { RunsFlags } from './runs_command.ts';

export function addRunCommands(gradswarm: Command): void {
  gradswarm
    .command('runs')
    .description('list runs: how far they are, what was measured, and their fingerprints')
    .argument('[folder]', 'the folder that holds their folders', 'runs')
    .option('--json', 'a line of JSON for each run')
    .action((folder: string, flags: RunsFlags) =>
      runCommand(async () => (await import('./runs_command.ts')).listRuns(folder, flags)),
    );
  gradswarm
    .command('compare')
    .description('two runs side by side: figures, epochs, where their jobs differ, and whether their bits are the same')
    .argument('<one>', "a run's folder")
    .argument('<other>', "another run's folder")
    .option('--json', 'one JSON object')
    .action((one: string, other: string, flags: RunsFlags) =>
      runCommand(async () => (await import('./runs_command.ts')).compareRuns(one, other, flags)),
    );
}
