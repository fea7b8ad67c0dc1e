// Text by a checkpoint's model that was trained on text.

import { startOfText, type Tokenizer } from '../../shared/data/tokenizer.ts';
import type { Vocabulary } from '../../shared/data/vocabulary.ts';
import { buildModel } from '../../shared/engine/model.ts';
import { InputError } from '../../shared/errors.ts';
import { jobGraph } from '../../shared/job/job.ts';
import { requireTextModel, type TextGenerator, textGenerator } from '../../shared/model/text_generator.ts';
import { type Sampling, TokenSampler } from '../../shared/model/token_sampler.ts';
import { loadNodeEngine } from '../../shared/node/node_engine.ts';
import { openTokenizer } from '../data/tokenizer.ts';
import { replicaOf } from '../records/checkpoint_replica.ts';
import type { FoundCheckpoint } from '../records/run_folder.ts';
import { textBounds } from './text_bounds.ts';

export interface TextRequest extends Sampling {
  /** What the text begins with; a line's end, where it is empty. */
  readonly prompt: string;
  /** Tokens to generate. */
  readonly length: number;
}

/**
 * Text behind a prompt, in pieces as they are complete. Everything is checked before the first of them.
 * @param place how errors call the prompt
 * @throws {InputError} if the model was not trained on text, or has no token for something in the prompt.
 */
export async function generateText(
  found: FoundCheckpoint,
  { prompt, length, ...sampling }: TextRequest,
  place: string,
): Promise<Iterable<string>> {
  requireSampling({ length, ...sampling });
  const tokenizer = openTokenizer(vocabularyOf(found));
  const begun = tokenizer.encode(new TextEncoder().encode(prompt), place);
  const generator = await openGenerator(found, sampling);
  return pieces(tokenizer, generator.generate(begun.length === 0 ? startOfText(tokenizer) : begun), length);
}

function requireSampling(request: Omit<TextRequest, 'prompt'>): void {
  for (const [name, { whole, minimum, maximum }] of Object.entries(textBounds)) {
    const value = request[name as keyof typeof textBounds];
    if (value === undefined) continue;
    if (value >= minimum && value <= maximum && (!whole || Number.isInteger(value))) continue;
    const expected = `a ${whole ? 'whole ' : ''}number from ${minimum} to ${maximum}`;
    throw new InputError(`generate: ${name}: expected ${expected}, found ${value}`);
  }
}

function* pieces(tokenizer: Tokenizer, ids: Generator<number, never, void>, length: number): Iterable<string> {
  const decoder = tokenizer.decoder();
  for (let count = 0; count < length; count++) yield decoder.add(ids.next().value);
  yield decoder.end();
}

function vocabularyOf({ file, checkpoint }: FoundCheckpoint): Vocabulary {
  const vocabulary = checkpoint.fields[0]?.vocabulary;
  if (vocabulary !== undefined) return vocabulary;
  throw new InputError(
    `checkpoint ${file}: job ${checkpoint.job.name} was not trained on text: it cannot generate any`,
  );
}

async function openGenerator(found: FoundCheckpoint, sampling: Sampling): Promise<TextGenerator> {
  const { job, fields } = found.checkpoint;
  const graph = jobGraph(job, { fields });
  const [tokens] = fields;
  if (tokens === undefined) throw new InputError('generate: the model has no input');
  const sizes = requireTextModel(tokens, buildModel(graph).prediction.shape);
  const replica = await replicaOf(found, graph);
  const predict = (ids: Int32Array) => {
    const stored = tokens.type === 'u8' ? Uint8Array.from(ids) : ids;
    return replica.predict({ count: 1, fields: [new Uint8Array(stored.buffer)] });
  };
  return textGenerator(predict, new TokenSampler(await loadNodeEngine(job.numerics), sizes.size, sampling), sizes);
}
