// A data set from images in folders, one folder for each class.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { brief } from '../../shared/data/table.ts';
import { InputError } from '../../shared/errors.ts';
import { type ArrayPart, dataSetOfArrays } from './array_data_set.ts';
import { cannotBeRead } from './data_file.ts';
import { defineLoader } from './data_loader.ts';
import { type ImageForm, imageForm, readImages } from './image_pixels.ts';
import { placeOf } from './package_file.ts';

export const imagesLoader = defineLoader({
  source: 'images',
  async load({ source: name, training, test, testFraction = 0, size, channels, ...rest }, { seed, memory }) {
    const classNames = (await foldersIn(training)).map(({ name: folder }) => folder);
    const files = await listImages(training, classNames);
    const form = await imageForm(files[0]?.file ?? '', channels, size);
    const testFiles = test === undefined ? undefined : await listImages(test, classNames);
    return dataSetOfArrays({
      ...rest,
      name,
      training: await readPart(training, files, form, memory),
      test:
        test === undefined || testFiles === undefined ? testFraction : await readPart(test, testFiles, form, memory),
      classes: classNames.length,
      classNames,
      seed,
    });
  },
});

/** The entries of a folder by name, hidden ones left out: what programs leave there. */
async function entriesOf(folder: string) {
  const entries = await readdir(placeOf(folder), { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    throw cannotBeRead(folder, error);
  });
  return entries.filter(({ name }) => !name.startsWith('.')).sort((one, other) => (one.name < other.name ? -1 : 1));
}

async function foldersIn(folder: string) {
  const entries = await entriesOf(folder);
  const stray = entries.find((entry) => !entry.isDirectory());
  if (stray !== undefined) {
    throw new InputError(`${join(folder, stray.name)}: expected a folder of images, one for each class, found a file`);
  }
  if (entries.length === 0) throw new InputError(`${folder}: is empty, expected a folder of images for each class`);
  return entries;
}

async function listImages(folder: string, classNames: readonly string[]): Promise<readonly LabelledFile[]> {
  const files: LabelledFile[] = [];
  for (const { name } of await foldersIn(folder)) {
    const label = classNames.indexOf(name);
    const place = join(folder, name);
    if (label === -1)
      throw new InputError(`${place}: training has no class ${name}, its classes are ${brief(classNames)}`);
    const entries = await entriesOf(place);
    const inner = entries.find((entry) => entry.isDirectory());
    if (inner !== undefined) throw new InputError(`${join(place, inner.name)}: expected an image, found a folder`);
    if (entries.length === 0) throw new InputError(`${place}: is empty, expected images of the class ${name}`);
    files.push(...entries.map((entry) => ({ file: join(place, entry.name), label })));
  }
  return files;
}

/** An image's file and the number of its class. */
interface LabelledFile {
  readonly file: string;
  readonly label: number;
}

async function readPart(
  folder: string,
  files: readonly LabelledFile[],
  form: ImageForm,
  memory: number,
): Promise<ArrayPart> {
  const labels = Int32Array.from(files, ({ label }) => label);
  const content = await readImages(
    files.map(({ file }) => file),
    form,
    memory,
  );
  return {
    features: { file: folder, type: 'u8', shape: [files.length, ...form.size, form.channels], content },
    labels: { file: folder, type: 'i32', shape: [files.length], content: new Uint8Array(labels.buffer) },
  };
}
