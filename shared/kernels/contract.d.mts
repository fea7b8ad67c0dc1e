export interface Kernel {
  readonly name: string;
  /** The AssemblyScript file, without its ending. */
  readonly file: string;
  /** `type` in TypeScript, `source` in AssemblyScript. */
  readonly parameters: readonly { readonly name: string; readonly type: string; readonly source: string }[];
  readonly result: string;
  readonly resultSource: string;
  readonly documentation: string;
}

export function kernelsOf(file: string, source: string): readonly Kernel[];
export function contractOf(sources: Iterable<readonly [file: string, source: string]>): readonly Kernel[];
export function entrySource(kernels: readonly Kernel[]): string;
export function contractSource(kernels: readonly Kernel[]): string;
