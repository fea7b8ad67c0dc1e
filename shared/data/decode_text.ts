import { InputError } from '../errors.ts';

/** UTF-8 as text, without a byte order mark. @throws {InputError} naming the place if it holds other bytes. */
export function decodeText(bytes: Uint8Array, place: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new InputError(`${place}: expected text in UTF-8, found other bytes`);
  }
}
