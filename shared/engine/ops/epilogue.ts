// Epilogues: what a kernel does to each element of its output as it writes it, so that the ops that follow a node cost no
// pass of their own. An op declares the step that it amounts to; a node whose kernel has such steps takes over what follows.

import type { Emitter } from '../emitter.ts';
import { epilogueCodes } from '../kernels.ts';
import type { Buffer } from '../program.ts';
import type { OpNode, Tensor } from './op.ts';

/** The step that an op amounts to, applied to its first input. */
export type EpilogueStep =
  /** Adds a parameter along the last dimension. */
  | { readonly kind: 'bias'; readonly bias: Tensor }
  /** One of the functions that kernels apply by code. */
  | { readonly kind: 'activation'; readonly activation: Exclude<keyof typeof epilogueCodes, 'none'> };

/** Arguments of a kernel that adds a bias and applies an activation, and where the last node taken over has its value. */
export interface Epilogue {
  readonly bias: Buffer | 0;
  readonly code: number;
  readonly output: Buffer;
}

/**
 * Takes over the nodes that follow `node`, as far as their steps are the kernel's (`steps`, in its order, each of them
 * optional) and nothing else needs the values in between.
 */
export function takeOverEpilogue(emit: Emitter, node: OpNode, steps: readonly EpilogueStep['kind'][]): Epilogue {
  const epilogue = { bias: 0 as Buffer | 0, code: epilogueCodes.none as number };
  let last = node;
  let left = steps;
  for (let next = followerOf(emit, last, left); next !== undefined; next = followerOf(emit, last, left)) {
    const { step } = next;
    if (step.kind === 'bias') epilogue.bias = emit.value(step.bias);
    else epilogue.code = epilogueCodes[step.activation];
    left = left.slice(left.indexOf(step.kind) + 1);
    last = next.node;
    emit.takeOver(last);
  }
  return { ...epilogue, output: emit.value(last.output) };
}

/** The node behind `node`, if it alone needs its output and amounts to one of the steps. */
function followerOf(emit: Emitter, { output }: OpNode, steps: readonly EpilogueStep['kind'][]) {
  const node = emit.onlyUser(output);
  const step = node?.op.epilogue?.(node);
  return node !== undefined && step !== undefined && steps.includes(step.kind) ? { node, step } : undefined;
}
