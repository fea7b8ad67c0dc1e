// state: a running statistic, one for all samples, that no optimizer touches. In training, ops that take it contribute to
// it (`Emitter.contributeState`) the sum over their samples of what it averages: a microbatch's mean times its samples.
// Contributions travel with the gradient and are summed over the same tree; after the step the rule updates the state.

import * as v from 'valibot';
import { shapeSchema } from '../graph.ts';
import { stateUpdateSchema } from '../state_updates.ts';
import { type Op, takeInputs } from './op.ts';

const attributes = v.strictObject({
  shape: shapeSchema,
  /** Value of every element before the first step. */
  initial: v.pipe(v.number(), v.finite()),
  update: stateUpdateSchema,
});

export type StateAttributes = v.InferOutput<typeof attributes>;

export const state: Op = {
  name: 'state',
  attributes,
  infer(inputs, given, nodeName) {
    takeInputs(inputs, [], nodeName, 'state');
    return { kind: 'state', type: 'f32', shape: (given as StateAttributes).shape };
  },
  // Its value has a fixed place; there is nothing to compute.
  forward: () => undefined,
  reference({ node }) {
    throw new Error(`state ${node.name} is given to the reference, not computed by it`);
  },
};
