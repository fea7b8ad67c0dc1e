// Images brought to one form, one after the other, in memory or on disk.

import { type Channels, resize, toChannels } from '../../shared/data/pixels.ts';
import type { StoredField } from '../../shared/data/stored_samples.ts';
import { InputError } from '../../shared/errors.ts';
import { readImage } from './image_file.ts';
import { RecordStore } from './record_store.ts';

/** What all images are brought to. */
export interface ImageForm {
  readonly size: readonly [height: number, width: number];
  readonly channels: Channels;
  /** The image whose size they must have, where none is stated. */
  readonly like?: string;
}

/** The form that a job states; without a size, that of the first image. */
export async function imageForm(first: string, channels: Channels, size?: ImageForm['size']): Promise<ImageForm> {
  if (size !== undefined) return { size, channels };
  const { height, width } = await readImage(first);
  return { size: [height, width], channels, like: first };
}

/**
 * The pixels of all files, u8 [height, width, channels] each.
 * @param memory bytes that they may take in memory; more are put on disk
 * @throws {InputError} naming the file that is no image, torn, or of another size.
 */
export async function readImages(files: readonly string[], form: ImageForm, memory: number): Promise<StoredField> {
  const [height, width] = form.size;
  const store = new RecordStore(height * width * form.channels, memory);
  try {
    for (const file of files) store.append(await readPixels(file, form));
    return store.finish();
  } catch (error) {
    store.discard();
    throw error;
  }
}

async function readPixels(file: string, { size: [height, width], channels, like }: ImageForm): Promise<Uint8Array> {
  const image = await readImage(file);
  if (like !== undefined && (image.height !== height || image.width !== width)) {
    throw new InputError(
      `${file}: ${image.width} x ${image.height} pixels, but ${like} has ${width} x ${height}: state data.size, [height, width], to have all stretched`,
    );
  }
  return toChannels(resize(image, height, width), channels);
}
