// What a lead and a mate tell each other where threads share no memory. Buffers are transferred, with a task to the mate and
// with its answer back: no memory is made for a step.

import type { NumericsProfile } from '../engine/engine.ts';
import type { Graph } from '../engine/graph.ts';
import type { Work } from '../work/work_kinds.ts';
import type { Part } from './cut.ts';

/** What a thread must know to be a mate. */
export interface PostedOrder {
  readonly type: 'be a mate';
  readonly numerics: NumericsProfile;
  readonly graph: Graph;
  readonly microbatchSize: number;
  /** Bytes that the mate's engine may use. */
  readonly maximumBytes: number;
}

/** Memory that goes back and forth. */
export interface PostedBuffers {
  /** Of the stretch, packed, at the start of it. */
  readonly samples: ArrayBuffer;
  /** Flat f32 vectors; of no length where the mate has them. */
  readonly parameters: ArrayBuffer;
  readonly frozen: ArrayBuffer;
  /** For the vectors that the parts are answered with, in order. */
  readonly vectors: readonly ArrayBuffer[];
}

export interface PostedTask {
  readonly type: 'task';
  readonly work: Work;
  /** Of the work's units, next to one another. */
  readonly parts: readonly Part[];
  /** Number of samples. */
  readonly samples: number;
  readonly buffers: PostedBuffers;
}

export type ToMate = PostedOrder | PostedTask;

/** Of each part: the sum of the loss, and of each metric. */
export type PartSums = readonly (readonly number[])[];

export type FromMate =
  | { readonly type: 'ready' }
  | { readonly type: 'answered'; readonly sums: PartSums; readonly buffers: PostedBuffers }
  /** The lead computes the same itself, and fails in the same way, with somebody to tell; or does better. */
  | { readonly type: 'failed'; readonly buffers: PostedBuffers };

/** Posts a message to the other side, with buffers that are its own from then on. */
export type Post<Message> = (message: Message, transferred: readonly ArrayBuffer[]) => void;

export function buffersIn({ samples, parameters, frozen, vectors }: PostedBuffers): readonly ArrayBuffer[] {
  return [samples, parameters, frozen, ...vectors];
}
