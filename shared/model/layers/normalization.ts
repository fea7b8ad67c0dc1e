// What the layers that normalize rows have in common: parameters for each element of the last dimension.

import * as v from 'valibot';
import { epsilon } from '../../json/numbers.ts';
import type { LayerChain } from '../layer_chain.ts';
import { defineLayer } from './layer.ts';

export interface NormalizationOptions {
  /** Added to the variance; 1e-5 if left out. */
  readonly epsilon?: number;
}

/** @param hasBias whether there is a bias beside the gain */
export function defineNormalization<const Type extends string>(type: Type, hasBias: boolean) {
  const schema = v.strictObject({
    type: v.literal(type),
    epsilon: v.exactOptional(epsilon),
  });
  return defineLayer<typeof schema, [options?: NormalizationOptions]>(
    (options = {}) => ({ type, ...options }) as v.InferOutput<typeof schema>,
    {
      type: type as v.InferOutput<typeof schema>['type'],
      schema,
      append(chain, { epsilon: added }) {
        appendNormalization(chain, chain.numbered(type), type, hasBias, added);
      },
    },
  );
}

/** Normalizes rows along the last dimension by an op of this kind, with parameters of its own. */
export function appendNormalization(
  chain: LayerChain,
  name: string,
  kind: string,
  hasBias: boolean,
  added?: number,
): void {
  const shape = [chain.last.shape.at(-1) ?? 1];
  const gain = chain.parameter(`${name}.gain`, shape, { kind: 'constant', value: 1 });
  const bias = hasBias ? [chain.parameter(`${name}.bias`, shape, { kind: 'constant', value: 0 })] : [];
  chain.apply(name, kind, [gain, ...bias], added === undefined ? undefined : { epsilon: added });
}
