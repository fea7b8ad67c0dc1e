// What the recurrent layers have in common: weights for the input and for the units' own past.

import * as v from 'valibot';
import { type Initializer, initializerSchema } from '../../engine/ops/parameter.ts';
import { countSchema, defineLayer } from './layer.ts';

/** What a recurrent layer may state besides its units. */
export interface RecurrentOptions {
  /** Of all weights; if left out, even within ±1/√units, as in PyTorch. */
  readonly initializer?: Initializer;
  /** True: only what the last step gives, [units]. */
  readonly last?: boolean;
}

/** @param gates side by side in the weights; @param biases names of the biases [gates * units] */
export function defineRecurrent<const Type extends string>(type: Type, gates: number, biases: readonly string[]) {
  const schema = v.strictObject({
    type: v.literal(type),
    units: countSchema,
    initializer: v.exactOptional(initializerSchema),
    last: v.exactOptional(v.boolean()),
  });
  return defineLayer<typeof schema, [units: number, options?: RecurrentOptions]>(
    (units, options = {}) => ({ type, units, ...options }) as v.InferOutput<typeof schema>,
    {
      type: type as v.InferOutput<typeof schema>['type'],
      schema,
      append(chain, { units, initializer = evenWithin(1 / Math.sqrt(units)), last = false }) {
        const name = chain.numbered(type);
        const columns = gates * units;
        const inner = chain.last.shape.at(-1) ?? 1;
        chain.apply(name, type, [
          chain.parameter(`${name}.weight`, [inner, columns], initializer),
          chain.parameter(`${name}.recurrentWeight`, [units, columns], initializer),
          ...biases.map((bias) => chain.parameter(`${name}.${bias}`, [columns], { kind: 'constant', value: 0 })),
        ]);
        if (!last) return;
        const steps = chain.last.shape[0] ?? 1;
        chain.apply(`${name}.lastStep`, 'slice', [], { axis: 0, start: steps - 1, length: 1 });
        chain.apply(`${name}.last`, 'reshape', [], { shape: [units] });
      },
    },
  );
}

function evenWithin(reach: number): Initializer {
  return { kind: 'uniform', low: -reach, high: reach };
}
