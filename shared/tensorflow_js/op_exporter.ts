// How an op is written as layers of TensorFlow.js. Adding one is adding a file and a line to registered_exporters.ts.

import type { OpNode } from '../engine/ops/op.ts';
import { InputError } from '../errors.ts';
import type { LayersWriter } from './layers_writer.ts';

export interface OpExporter {
  /** The op's name. */
  readonly op: string;
  /**
   * Writes the layers that compute what the node gives in prediction, and defines its value.
   * @throws {InputError} through `noLayer`, where there are none.
   */
  readonly write: (to: LayersWriter, node: OpNode) => void;
}

/** The error for what TensorFlow.js's layers cannot compute: names the node. */
export function noLayer({ name }: Pick<OpNode, 'name'>, what: string): InputError {
  return new InputError(`node ${name}: TensorFlow.js has no layer for ${what}`);
}
