// How an op is written as PyTorch. Adding one is adding a file and a line to registered_exporters.ts.

import type { OpNode } from '../engine/ops/op.ts';
import type { PytorchWriter } from './pytorch_writer.ts';

export interface OpExporter {
  /** The op's name. */
  readonly op: string;
  /** Writes what computes what the node gives in prediction, and defines its value. */
  readonly write: (to: PytorchWriter, node: OpNode) => void;
}
