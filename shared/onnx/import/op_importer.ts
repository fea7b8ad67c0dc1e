// How an operator of ONNX becomes ops of ours. Adding one is adding a file and a line to registered_importers.ts.

import type { OnnxNode } from '../onnx_model.ts';
import type { OnnxReader } from './onnx_reader.ts';

export interface OpImporter {
  /** The operator's name. */
  readonly opType: string;
  /**
   * Appends what computes the operator's first output, and defines its value.
   * @throws {InputError} if it is a form of the operator that has no counterpart.
   */
  readonly read: (from: OnnxReader, node: OnnxNode) => void;
}
