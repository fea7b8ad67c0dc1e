// Layers by type: the part of a job's schema that states them, and what each appends to a chain.

import * as v from 'valibot';
import type { LayerChain } from '../layer_chain.ts';
import * as registered from './registered_layers.ts';

const definitions = Object.values(registered);

export const layersSchema = v.pipe(
  v.array(
    v.variant(
      'type',
      definitions.map(({ schema }) => schema),
    ),
  ),
  v.minLength(1),
  v.maxLength(1000),
);

/** A layer as a job file states it. */
export type Layer = Readonly<v.InferOutput<typeof layersSchema>[number]>;

/** @throws {InputError} `place: expected …, found …` if the layer does not fit what the chain has come to. */
export function appendLayer(chain: LayerChain, layer: Layer, place: string): void {
  const definition = definitions.find(({ type }) => type === layer.type);
  if (definition === undefined) throw new TypeError(`there is no layer ${layer.type}`);
  // Found by the layer's own type, which the type of a union's members cannot say.
  chain.at(place, () => definition.append(chain, layer as never));
}
