// PNG and JPEG: stretched to the size of the images that the model was trained on.

import { type Channels, resize, toChannels } from '../../shared/data/pixels.ts';
import type { FieldSpecification } from '../../shared/data/samples.ts';
import { InputError } from '../../shared/errors.ts';
import { readImage } from './image_file.ts';
import type { FeatureSamples, SampleFile } from './sample_file.ts';

export const image: SampleFile = { endings: ['.png', '.jpg', '.jpeg'], read: readPixels };

async function readPixels(file: string, { name, type, shape }: FieldSpecification): Promise<FeatureSamples> {
  const [height = 0, width = 0, channels = 0] = shape;
  if (type !== 'u8' || shape.length !== 3 || ![1, 3, 4].includes(channels)) {
    throw new InputError(`${file}: the model takes ${name} ${type} [${shape.join(', ')}], no images of bytes`);
  }
  const resized = resize(await readImage(file), height, width);
  return { names: [file], bytes: toChannels(resized, channels as Channels) };
}
