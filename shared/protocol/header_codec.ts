// Headers between objects and MessagePack bytes: the only importer of msgpackr.

import { Packr } from 'msgpackr/index-no-eval';
import { InputError } from '../errors.ts';
import { ProtocolError } from './close_codes.ts';
import { scanHeader } from './header_scan.ts';
import { maximumHeaderBytes } from './limits.ts';

const packr = new Packr({ useRecords: false, variableMapSize: true });

/** @throws {InputError} if the header is longer than a frame may carry. */
export function packHeader(header: Readonly<Record<string, unknown>>): Uint8Array {
  const bytes = packr.pack(header);
  if (bytes.length > maximumHeaderBytes) {
    throw new InputError(`message "${header.type}" has ${bytes.length} bytes of header: at most ${maximumHeaderBytes}`);
  }
  return bytes;
}

/** @throws {ProtocolError} if the bytes are not a header; what its fields hold is still unknown. */
export function unpackHeader(bytes: Uint8Array): unknown {
  scanHeader(bytes);
  try {
    return packr.unpack(bytes);
  } catch (error) {
    throw new ProtocolError(
      'badMessage',
      `header cannot be decoded: ${error instanceof Error ? error.message : error}`,
    );
  }
}
