// A run as machines follow it: a line of JSON for each event but steps, of which there may be thousands a second.

import { say } from '../../shared/node/standard_output.ts';
import type { RunResult } from '../coordinator_options.ts';
import type { TrainingEvent } from '../run/training_events.ts';
import { programName } from './program_name.ts';
import { resumeCommand } from './resume_command.ts';
import type { Training } from './training.ts';

export function tellInJson(event: TrainingEvent, { prepared, folder }: Training): void {
  if (event.type === 'step') return;
  const { job, digest, totalSteps } = prepared;
  const run = { job: job.name, jobDigest: digest, folder, totalSteps };
  say(JSON.stringify(event.type === 'started' ? { ...event, ...run } : event));
}

/** The last line: how it ended, and where it is. */
export function concludeInJson({ flags, folder }: Training, result: RunResult, port: number | undefined): void {
  const { type, step, checkpoint, parametersDigest } = result;
  const end = { type, step, checkpoint: checkpoint ?? null, fingerprint: parametersDigest };
  const resume = type === 'stopped' ? { resume: resumeCommand(flags, { program: programName(), folder, port }) } : {};
  say(JSON.stringify({ ...end, ...resume }));
}
