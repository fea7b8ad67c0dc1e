// transformerBlock: attention and a perceptron, each behind a norm and beside what it is added to (R. Xiong et al., "On layer
// normalization in the transformer architecture", 2020: the norms come first).

import * as v from 'valibot';
import { attentionEntries } from '../../engine/ops/attention.ts';
import { dropoutRateSchema } from '../../engine/ops/dropout.ts';
import { type Initializer, initializerSchema } from '../../engine/ops/parameter.ts';
import type { AttentionOptions } from '../builder.ts';
import type { LayerChain } from '../layer_chain.ts';
import { appendAttention } from './attention.ts';
import { appendDropout } from './dropout.ts';
import { countSchema, defineLayer } from './layer.ts';
import { appendNormalization } from './normalization.ts';

/** A block’s attention, and what else it is made of. */
export interface TransformerBlockOptions extends AttentionOptions {
  /** Width of the perceptron’s hidden rows, as a multiple of the block’s; 4 if left out. */
  readonly factor?: number;
  /** `layerNorm` if left out. */
  readonly norm?: 'layerNorm' | 'rmsNorm';
  /** Of what both branches add, in training; 0 if left out. */
  readonly dropout?: number;
  /** Of the weights; normal with a standard deviation of 0.02 if left out. Biases start at zero. */
  readonly initializer?: Initializer;
}

const schema = v.strictObject({
  type: v.literal('transformerBlock'),
  ...attentionEntries,
  factor: v.exactOptional(countSchema),
  norm: v.exactOptional(v.picklist(['layerNorm', 'rmsNorm'])),
  dropout: v.exactOptional(dropoutRateSchema),
  initializer: v.exactOptional(initializerSchema),
});

/**
 * y = x + attention(norm(x)), then y + perceptron(norm(y)), where the perceptron is a dense layer to factor * width, GELU and a
 * dense layer back. [positions, width] to the same shape.
 */
export const transformerBlock = defineLayer<typeof schema, [options: TransformerBlockOptions]>(
  (options) => ({ type: 'transformerBlock', ...options }),
  {
    type: 'transformerBlock',
    schema,
    append(chain, { type: _type, ...options }) {
      const { factor = 4, norm = 'layerNorm', dropout = 0, ...attention } = options;
      const { initializer = { kind: 'normal', standardDeviation: 0.02 } } = options;
      const name = chain.numbered('block');
      const width = chain.last.shape.at(-1) ?? 1;
      const branch = (part: string, append: () => void) => {
        const x = chain.last;
        appendNormalization(chain, `${name}.${part}Norm`, norm, norm === 'layerNorm');
        append();
        if (dropout > 0) appendDropout(chain, `${name}.${part}Dropout`, dropout);
        chain.apply(`${name}.${part}Sum`, 'add', [x]);
      };
      branch('attention', () => appendAttention(chain, `${name}.attention`, { ...attention, initializer }));
      branch('perceptron', () => appendPerceptron(chain, name, factor * width, initializer));
    },
  },
);

function appendPerceptron(chain: LayerChain, name: string, hidden: number, initializer: Initializer): void {
  const width = chain.last.shape.at(-1) ?? 1;
  chain.project(`${name}.up`, hidden, initializer);
  chain.apply(`${name}.gelu`, 'gelu');
  chain.project(`${name}.down`, width, initializer);
}
