// What a format for others is: the files that a model becomes. Adding one is adding a file, a line to
// registered_formats.ts and its name here.

import type { Graph } from '../engine/graph.ts';
import type { Weights } from './weights.ts';

export interface ExportedModel {
  /** The job's name. */
  readonly name: string;
  readonly graph: Graph;
  /** Of all parameters and states that its prediction needs. */
  readonly weights: Weights;
  /** Where it comes from, for those that can say so. */
  readonly metadata: Readonly<Record<string, string>>;
}

export interface ExportedFile {
  /** What its name ends in, like `.onnx`. */
  readonly ending: string;
  readonly bytes: Uint8Array;
}

/** Known without the code that writes them. */
export const formatNames = ['onnx', 'safetensors', 'tfjs'] as const;

export type FormatName = (typeof formatNames)[number];

export interface ExportFormat {
  readonly name: FormatName;
  /**
   * The main file first; the others stand beside it.
   * @param stem what the files' names begin with, for those that name another.
   * @throws {InputError} naming the node that the format has nothing for.
   */
  readonly write: (model: ExportedModel, stem: string) => readonly ExportedFile[];
}
