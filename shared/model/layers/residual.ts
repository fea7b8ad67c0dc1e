// residual: what its layers make of the input, plus the input. K. He, X. Zhang, S. Ren, J. Sun, "Deep residual learning
// for image recognition", CVPR 2016.

import * as v from 'valibot';
import { MismatchError } from '../../engine/ops/op.ts';
import { shapeText } from '../../engine/shape.ts';
import { defineLayer, type NestedLayer, type NestedLayersSchema } from './layer.ts';

const schemaHolding = (layers: NestedLayersSchema) =>
  v.strictObject({ type: v.literal('residual'), layers, shortcut: v.exactOptional(layers) });

/**
 * What `layers` make of the input, plus what `shortcut` makes of it; without a shortcut, plus the input itself. Any shape
 * to the shape that both come to.
 * @param layers the body
 * @param shortcut layers beside the body, as a convolution of 1x1 where the body changes the shape
 */
export const residual = defineLayer<
  ReturnType<typeof schemaHolding>,
  [layers: readonly NestedLayer[], shortcut?: readonly NestedLayer[]]
>((layers, shortcut) => ({ type: 'residual', layers, ...(shortcut !== undefined && { shortcut }) }), {
  type: 'residual',
  schema: schemaHolding,
  append(chain, { layers, shortcut = [] }, appendNested) {
    const name = chain.numbered('residual');
    const beside = chain.branch(chain.last, () => appendNested(shortcut, 'shortcut'));
    appendNested(layers);
    const [body, other] = [shapeText(chain.last.shape), shapeText(beside.shape)];
    if (body !== other) {
      const what =
        shortcut.length === 0 ? `the input's shape ${other} (or a shortcut)` : `the shortcut's shape ${other}`;
      throw new MismatchError(name, `layers that end in ${what}`, body);
    }
    chain.apply(name, 'add', [beside]);
  },
});
