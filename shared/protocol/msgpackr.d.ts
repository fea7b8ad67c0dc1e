// The build of msgpackr that generates no code at run time (browsers forbid it under a Content-Security-Policy) ships
// without types; this is the part of it that header_codec.ts uses.
declare module 'msgpackr/index-no-eval' {
  export class Packr {
    constructor(options: { readonly useRecords: boolean; readonly variableMapSize: boolean });
    pack(value: unknown): Uint8Array;
    unpack(bytes: Uint8Array): unknown;
  }
}
