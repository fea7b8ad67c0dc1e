// Where the values of tensors are in something written for others: under which names, in which layouts.
//
// Others have an image's channels first, we have them last. So an image may be there in either layout or in both: whoever
// writes an op asks for the one that it needs, and the image is turned only where that is not there yet. Between
// convolutions, norms, activations and pooling nothing is.

import type { OpNode, Tensor } from '../engine/ops/op.ts';

/** `stored`: as the engine has it; `channels first`: an image [channels, height, width]. */
export type Layout = 'stored' | 'channels first';

const imageRank = 3;

/** Orders of dimensions, the samples' in front: of [height, width, channels] for others, and of theirs for us. */
const orders = { 'channels first': [0, 3, 1, 2], stored: [0, 2, 3, 1] } as const;

/** Writes that a value's dimensions come in another order. @returns the result's name. */
export type Turn = (value: string, order: readonly number[], tensor: Tensor) => string;

export class TensorPlaces {
  readonly #turn: Turn;
  readonly #values = new Map<string, Partial<Record<Layout, string>>>();

  constructor(turn: Turn) {
    this.#turn = turn;
  }

  /** The value of a tensor of each sample. */
  value(tensor: Tensor, layout: Layout): string {
    const places = this.#of(tensor);
    const known = places[layout];
    if (known !== undefined) return known;
    const other = places[layout === 'stored' ? 'channels first' : 'stored'];
    if (other === undefined || tensor.shape.length !== imageRank) {
      throw new Error(`tensor ${tensor.name} is not there ${layout}`);
    }
    const made = this.#turn(other, orders[layout], tensor);
    places[layout] = made;
    return made;
  }

  /** The layout in which none of the tensors need be turned, or the engine's. */
  layoutOf(tensors: readonly Tensor[]): Layout {
    const isFirst = tensors.every((tensor) => this.#of(tensor)['channels first'] !== undefined);
    return isFirst ? 'channels first' : 'stored';
  }

  /** Says that a value is what a node gives, or an input. */
  define(tensor: Pick<Tensor, 'name'>, value: string, layout: Layout = 'stored'): void {
    this.#values.set(tensor.name, { [layout]: value });
  }

  /** A node gives what its input is. */
  alias(node: OpNode, input: Tensor): void {
    this.#values.set(node.name, this.#of(input));
  }

  #of(tensor: Tensor): Partial<Record<Layout, string>> {
    const places = this.#values.get(tensor.name);
    if (places === undefined) throw new Error(`tensor ${tensor.name} is used before it is written`);
    return places;
  }
}
