// Images from files: PNG and JPEG, by decoders in JavaScript that give the same bytes on every machine.

import jpeg from 'jpeg-js';
import { PNG } from 'pngjs';
import type { RgbaImage } from '../../shared/data/pixels.ts';
import { InputError } from '../../shared/errors.ts';
import { readDataFile } from './data_file.ts';

/** More pixels than any camera's; the file of a bomb may be small. */
const maximumMegapixels = 200;

const pngMagic = [0x89, 0x50, 0x4e, 0x47];
const jpegMagic = [0xff, 0xd8, 0xff];

/** @throws {InputError} naming the file that is neither, torn or corrupt. */
export async function readImage(file: string): Promise<RgbaImage> {
  const bytes = await readDataFile(file);
  const beginsWith = (magic: readonly number[]) => magic.every((byte, index) => bytes[index] === byte);
  if (beginsWith(pngMagic)) return decoded('PNG', file, () => decodePng(bytes));
  if (beginsWith(jpegMagic)) return decoded('JPEG', file, () => decodeJpeg(bytes));
  throw new InputError(`${file}: expected a PNG or JPEG image, found another file`);
}

function decoded(format: string, file: string, decode: () => RgbaImage): RgbaImage {
  try {
    return decode();
  } catch (error) {
    const reason = (error instanceof Error ? error.message : String(error)).split('\n', 1)[0];
    throw new InputError(`${file}: cannot be read as ${format}, torn or corrupt: ${reason}`);
  }
}

function decodePng(bytes: Uint8Array): RgbaImage {
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < 24) throw new Error('its header is incomplete');
  if (header.getUint32(16) * header.getUint32(20) > maximumMegapixels * 1e6) {
    throw new Error(`more than ${maximumMegapixels} megapixels`);
  }
  if (!endsWithChunk(bytes)) throw new Error('its end is missing');
  const { width, height, data } = PNG.sync.read(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
  return { width, height, data };
}

/** The decoder takes what is there of a PNG that ends early. */
function endsWithChunk(bytes: Uint8Array): boolean {
  const end = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).lastIndexOf('IEND', undefined, 'latin1');
  return end !== -1 && end + 8 <= bytes.length;
}

function decodeJpeg(bytes: Uint8Array): RgbaImage {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  // The decoder reads zeros behind the end of a scan that ends early.
  const lastScan = buffer.lastIndexOf(Uint8Array.of(0xff, 0xda));
  if (buffer.lastIndexOf(Uint8Array.of(0xff, 0xd9)) < lastScan) throw new Error('its end is missing');
  const { width, height, data } = jpeg.decode(buffer, {
    useTArray: true,
    tolerantDecoding: false,
    maxResolutionInMP: maximumMegapixels,
    maxMemoryUsageInMB: 8 * maximumMegapixels,
  });
  return { width, height, data };
}
