// `gradswarm generate`: text by a model that was trained on text.

import colors from 'picocolors';
import { exitCodes } from '../../shared/node/exit_codes.ts';
import { printWarning } from '../../shared/node/terminal.ts';
import { generateText, type TextRequest } from '../models/generated_text.ts';
import { openCheckpoint } from '../records/run_folder.ts';

export type GenerateFlags = TextRequest;

/** Writes the prompt and what follows it to the standard output, token by token. */
export async function generate(path: string, flags: GenerateFlags): Promise<number> {
  const found = await openCheckpoint(path);
  for (const reason of found.damaged) printWarning(reason);
  const text = await generateText(found, flags, '--prompt');
  const { stdout } = process;
  // Whoever reads no further, like `head`, has what it wanted.
  stdout.on('error', () => process.exit(exitCodes.success));
  stdout.write(stdout.isTTY ? colors.dim(flags.prompt) : flags.prompt);
  for (const piece of text) stdout.write(piece);
  stdout.write('\n');
  return exitCodes.success;
}
