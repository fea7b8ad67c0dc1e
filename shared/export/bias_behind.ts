// Others have products and convolutions that add their bias themselves.

import type { OpNode, Tensor } from '../engine/ops/op.ts';
import type { NeededNodes } from './needed_nodes.ts';

/** The bias node that takes what a node gives, where nothing else does. */
export function biasBehind({ name }: OpNode, { nodes }: NeededNodes, prediction: Tensor): OpNode | undefined {
  if (name === prediction.name) return undefined;
  const [user, ...others] = nodes.filter(({ inputs }) => inputs.some((input) => input.name === name));
  return others.length === 0 && user?.op.name === 'bias' ? user : undefined;
}
