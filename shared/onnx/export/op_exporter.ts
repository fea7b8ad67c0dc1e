// How an op is written to ONNX. Adding one is adding a file and a line to registered_exporters.ts.

import type { OpNode } from '../../engine/ops/op.ts';
import type { OnnxWriter } from './onnx_writer.ts';

export interface OpExporter {
  /** The op's name. */
  readonly op: string;
  /** Writes the operators that compute what the node gives in prediction, and defines its value. */
  readonly write: (to: OnnxWriter, node: OpNode) => void;
}
