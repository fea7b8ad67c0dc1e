// Text by a model that was trained to tell the next token of each position: what has come so far, as much of it as fits into
// the model's window, goes in; the token that is drawn behind it comes out, and so on.

import type { FieldSpecification } from '../data/samples.ts';
import { elementsOf, type Shape, shapeText } from '../engine/shape.ts';
import { InputError } from '../errors.ts';
import type { TokenSampler } from './token_sampler.ts';

/** What a model gives for a window of ids: a row of logits for each position. */
export type PredictWindow = (ids: Int32Array) => Float32Array;

export interface TextGenerator {
  /**
   * Ids behind a prompt of at least one, without end.
   * @throws {InputError} if the model's outputs are not finite.
   */
  readonly generate: (prompt: Int32Array) => Generator<number, never, void>;
}

/** The window and the vocabulary of a model. @throws {InputError} if it is none of texts. */
export function requireTextModel(
  { shape, classes }: FieldSpecification,
  outputs: Shape,
): { window: number; size: number } {
  const [window = 0] = shape;
  if (shape.length === 1 && classes !== undefined && outputs.join() === [window, classes].join()) {
    return { window, size: classes };
  }
  const expected = shapeText([...shape, classes ?? 0]);
  throw new InputError(
    `generate: the model gives ${shapeText(outputs)}, expected logits ${expected}: of each token behind each position`,
  );
}

/** @throws {InputError} if the model sees what comes later: it has not learnt to go on with a text. */
export function textGenerator(
  predict: PredictWindow,
  sampler: TokenSampler,
  { window, size }: { readonly window: number; readonly size: number },
): TextGenerator {
  requireCausal(predict, window, size);
  return {
    *generate(prompt) {
      let context = [...prompt].slice(-window);
      for (let position = 0; ; position++) {
        const ids = new Int32Array(window);
        ids.set(context);
        // What stands behind the context does not matter: the model is causal.
        const last = context.length - 1;
        const id = sampler.choose(predict(ids).subarray(last * size, (last + 1) * size), position);
        yield id;
        context = [...context, id].slice(-window);
      }
    },
  };
}

function requireCausal(predict: PredictWindow, window: number, size: number): void {
  const half = Math.ceil(window / 2);
  const [one, other] = [0, 1].map((id) => {
    const ids = new Int32Array(window).fill(Math.min(id, size - 1), half);
    return predict(ids).slice(0, elementsOf([half, size]));
  });
  if (one?.every((logit, at) => logit === other?.[at])) return;
  throw new InputError('generate: the model sees what comes later: it has not learnt to go on with a text');
}
