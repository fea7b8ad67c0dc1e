// When a run's checkpoints are written: as the flags say, else as its folder remembers, else by default.

import type { Command } from 'commander';
import { integer } from '../../shared/node/flags.ts';
import { type CheckpointPolicy, defaultCheckpointPolicy } from '../records/checkpoint_policy.ts';

export interface CheckpointFlags {
  readonly checkpointSteps?: number;
  readonly checkpointSeconds?: number;
  readonly keep?: number;
}

export function addCheckpointOptions(command: Command): void {
  command
    .option(
      '--checkpoint-steps <n>',
      'a checkpoint every n steps, besides those at the end of epochs (default: none; a resumed run remembers)',
      integer(0, 1e9),
    )
    .option('--checkpoint-seconds <s>', 'a checkpoint every s seconds; 0: none (default: 60)', integer(0, 1e6))
    .option(
      '--keep <n>',
      'how many of the newest checkpoints to keep; the one of the least validation loss is kept too (default: 3)',
      integer(1, 1e6),
    );
}

export function checkpointPolicy(
  { checkpointSteps, checkpointSeconds, keep }: CheckpointFlags,
  remembered: CheckpointPolicy = defaultCheckpointPolicy,
): CheckpointPolicy {
  return {
    steps: checkpointSteps ?? remembered.steps,
    seconds: checkpointSeconds ?? remembered.seconds,
    keep: keep ?? remembered.keep,
  };
}

/**
 * Like `at the end of each epoch, every 7 steps; keeps the newest 100 and the best`.
 * @param hasValidation whether there is a validation set: nothing else says which is the best
 */
export function describePolicy({ steps, seconds, keep }: CheckpointPolicy, hasValidation: boolean): string {
  const moments = ['at the end of each epoch'];
  if (steps > 0) moments.push(steps === 1 ? 'after each step' : `every ${steps} steps`);
  if (seconds > 0) moments.push(seconds === 1 ? 'every second' : `every ${seconds} s`);
  const newest = keep === 1 ? 'the newest' : `the newest ${keep}`;
  const best = hasValidation ? ' and the best' : '; no validation set says which is the best';
  return `${moments.join(', ')}; keeps ${newest}${best}`;
}

const flagNames = { steps: '--checkpoint-steps', seconds: '--checkpoint-seconds', keep: '--keep' } as const;

/** What flags have changed of what a run's folder remembered, like `--keep 5 replaces --keep 100`. */
export function policyChanges(policy: CheckpointPolicy, remembered: CheckpointPolicy | undefined): readonly string[] {
  if (remembered === undefined) return [];
  return (['steps', 'seconds', 'keep'] as const)
    .filter((option) => policy[option] !== remembered[option])
    .map((option) => `${flagNames[option]} ${policy[option]} replaces ${flagNames[option]} ${remembered[option]}`);
}
