// Layers by type: the part of a job's schema that states them, and what each appends to a chain.

import * as v from 'valibot';
import type { LayerChain } from '../layer_chain.ts';
import type { NestedLayer, NestedLayersSchema } from './layer.ts';
import * as registered from './registered_layers.ts';

const definitions = Object.values(registered);

/** How deep layers may lie in layers: more than anybody needs, and an end to what a stranger may state. */
const maximumNesting = 4;

const tooDeep: NestedLayersSchema = v.array(
  v.custom<NestedLayer>(() => false, `expected layers within layers at most ${maximumNesting} deep`),
);

/** Lists of layers, of which some hold lists of the `nested` schema. */
function layersHolding(nested: NestedLayersSchema) {
  const schemas = definitions.map(({ schema }) => (typeof schema === 'function' ? schema(nested) : schema));
  return v.pipe(v.array(v.variant('type', schemas)), v.minLength(1), v.maxLength(1000));
}

let nested = tooDeep;
for (let depth = 0; depth < maximumNesting; depth++) nested = layersHolding(nested);

export const layersSchema = layersHolding(nested);

/** A layer as a job file states it. */
export type Layer = Readonly<v.InferOutput<typeof layersSchema>[number]>;

/**
 * Appends layers to what the chain has come to. `what` says in errors which list it is, as in `shortcut.0 (conv2d)`: by
 * the position that a job file has it at.
 * @throws {InputError} like `layers.1 (residual), layers.0 (conv2d): expected …, found …` if one does not fit.
 */
export function appendLayers(chain: LayerChain, layers: readonly NestedLayer[], what = 'layers'): void {
  layers.forEach((layer, index) => {
    const definition = definitions.find(({ type }) => type === layer.type);
    if (definition === undefined) throw new TypeError(`there is no layer ${layer.type}`);
    chain.at(`${what}.${index} (${layer.type})`, () => {
      // Found by the layer's own type, which the type of a union's members cannot say.
      definition.append(chain, layer as never, (inner, name) => appendLayers(chain, inner, name));
    });
  });
}
