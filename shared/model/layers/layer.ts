// What a layer is: what a job states of it, and the nodes that it appends to a chain of layers. Adding one is adding a
// file and a line to registered_layers.ts.

import * as v from 'valibot';
import type { LayerChain } from '../layer_chain.ts';

/** A layer within another one. */
export interface NestedLayer {
  readonly type: string;
  readonly [option: string]: unknown;
}

/** The schema of a list of layers within a layer: the registry's, which knows all layers that there are. */
export type NestedLayersSchema = v.GenericSchema<readonly NestedLayer[]>;

/** Appends layers within a layer; `what` names them in errors, as in `shortcut.1 (conv2d)`. */
export type AppendNested = (layers: readonly NestedLayer[], what?: string) => void;

export interface LayerDefinition<Schema extends v.GenericSchema<unknown, { type: string }>> {
  readonly type: v.InferOutput<Schema>['type'];
  /** A function of the layers there are, for a layer that holds others. */
  readonly schema: Schema | ((nested: NestedLayersSchema) => Schema);
  /**
   * Appends the layer's nodes, which work on `chain.last`. Shapes that do not fit are found by the ops, and the chain
   * names the layer in the error.
   */
  readonly append: (chain: LayerChain, layer: v.InferOutput<Schema>, appendNested: AppendNested) => void;
}

/**
 * A layer for programmers: `write` makes what a job file states of it, plain JSON, and the function carries the
 * definition that gives it a meaning.
 */
export function defineLayer<
  const Schema extends v.GenericSchema<unknown, { type: string }>,
  Given extends readonly unknown[],
>(
  write: (...given: Given) => v.InferOutput<Schema>,
  definition: LayerDefinition<Schema>,
): ((...given: Given) => v.InferOutput<Schema>) & LayerDefinition<Schema> {
  return Object.assign(write, definition);
}

/** Sizes of layers: units, filters. */
export const countSchema = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1_000_000));
