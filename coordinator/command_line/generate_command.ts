// `gradswarm generate`: text by a model that was trained on text.

import colors from 'picocolors';
import type { Vocabulary } from '../../shared/data/vocabulary.ts';
import { loadEngine } from '../../shared/engine/engine.ts';
import { buildModel } from '../../shared/engine/model.ts';
import { InputError } from '../../shared/errors.ts';
import { jobGraph } from '../../shared/job/job.ts';
import { exitCodes } from '../../shared/node/exit_codes.ts';
import { enableRelaxedSimd } from '../../shared/node/relaxed_simd.ts';
import { printWarning } from '../../shared/node/terminal.ts';
import { requireTextModel, textGenerator } from '../computation/text_generator.ts';
import { type Sampling, TokenSampler } from '../computation/token_sampler.ts';
import { openTokenizer, type Tokenizer } from '../data/tokenizer.ts';
import { replicaOf } from '../records/checkpoint_replica.ts';
import { type FoundCheckpoint, openCheckpoint } from '../records/run_folder.ts';

export interface GenerateFlags extends Sampling {
  readonly prompt: string;
  /** Tokens to generate. */
  readonly length: number;
}

/** Writes the prompt and what follows it to the standard output, token by token. */
export async function generate(path: string, flags: GenerateFlags): Promise<number> {
  const found = await openCheckpoint(path);
  for (const reason of found.damaged) printWarning(reason);
  const tokenizer = openTokenizer(vocabularyOf(found));
  const prompt = tokenizer.encode(new TextEncoder().encode(flags.prompt), '--prompt');
  const ids = await openGenerator(found, flags);
  const decoder = tokenizer.decoder();
  const { stdout } = process;
  // Whoever reads no further, like `head`, has what it wanted.
  stdout.on('error', () => process.exit(exitCodes.success));
  stdout.write(stdout.isTTY ? colors.dim(flags.prompt) : flags.prompt);
  const generated = ids.generate(prompt.length === 0 ? startOf(tokenizer) : prompt);
  for (let count = 0; count < flags.length; count++) stdout.write(decoder.add(generated.next().value));
  stdout.write(`${decoder.end()}\n`);
  return exitCodes.success;
}

function vocabularyOf({ file, checkpoint }: FoundCheckpoint): Vocabulary {
  const vocabulary = checkpoint.fields[0]?.vocabulary;
  if (vocabulary !== undefined) return vocabulary;
  throw new InputError(
    `checkpoint ${file}: job ${checkpoint.job.name} was not trained on text: it cannot generate any`,
  );
}

async function openGenerator(found: FoundCheckpoint, sampling: Sampling) {
  const { job, fields } = found.checkpoint;
  enableRelaxedSimd();
  const graph = jobGraph(job, { fields });
  const [tokens] = fields;
  if (tokens === undefined) throw new InputError('generate: the model has no input');
  const sizes = requireTextModel(tokens, buildModel(graph).prediction.shape);
  const replica = await replicaOf(found, graph);
  const predict = (ids: Int32Array) => {
    const stored = tokens.type === 'u8' ? Uint8Array.from(ids) : ids;
    return replica.predict({ count: 1, fields: [new Uint8Array(stored.buffer)] });
  };
  return textGenerator(predict, new TokenSampler(await loadEngine(job.numerics), sizes.size, sampling), sizes);
}

/** What stands in front of a text that has no beginning yet: a line's end, where the vocabulary has one. */
function startOf(tokenizer: Tokenizer): Int32Array {
  try {
    return tokenizer.encode(Uint8Array.of(0x0a), '--prompt');
  } catch {
    return Int32Array.of(0);
  }
}
