// Images in folders: what is read, and what is refused with one line that names the file.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import jpeg from 'jpeg-js';
import { PNG } from 'pngjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { InputError } from '../../../shared/errors.ts';
import { folderOfFiles, loadFrom, numbersOf } from './folder_of_files.ts';

type Colour = readonly [red: number, green: number, blue: number, opacity: number];

/** Noise over a colour: pixels that compress badly, so that a torn file has torn pixels. */
function pixels(width: number, height: number, colour: Colour): Buffer {
  return Buffer.from(Array.from({ length: width * height * 4 }, (_, at) => colour[at % 4] ?? 0));
}

function png(width: number, height: number, colour: Colour): Uint8Array {
  const image = new PNG({ width, height });
  image.data = pixels(width, height, colour);
  return PNG.sync.write(image);
}

const jpg = (width: number, height: number, colour: Colour) =>
  jpeg.encode({ width, height, data: pixels(width, height, colour) }, 95).data;

const noise = new PNG({ width: 16, height: 16 });
noise.data = Buffer.from(Array.from({ length: 1024 }, (_, at) => (at % 4 === 3 ? 255 : (at * at * 31) & 255)));
const noisyPng = PNG.sync.write(noise);
const noisyJpeg = jpeg.encode({ width: 16, height: 16, data: noise.data }, 90).data;

const red: Colour = [255, 0, 0, 255];
const clear: Colour = [0, 0, 255, 0];

const folder = folderOfFiles({
  'good/blue/a.png': png(2, 1, clear),
  'good/red/b.png': png(2, 1, red),
  'good/red/a.jpg': jpg(2, 1, [200, 100, 50, 255]),
  'good/red/.DS_Store': 'whatever',
  'sizes/red/a.png': png(2, 1, red),
  'sizes/red/b.png': png(4, 2, [0, 100, 0, 255]),
  'torn/red/a.png': noisyPng.subarray(0, noisyPng.length - 20),
  'torn-jpeg/red/a.jpg': noisyJpeg.subarray(0, noisyJpeg.length - 20),
  'other/red/a.png': 'GIF89a',
  'stray/red/a.png': png(1, 1, red),
  'stray/readme.txt': 'no class',
  'unseen/red/a.png': png(2, 1, red),
  'unseen/green/a.png': png(2, 1, red),
  'deep/red/more/a.png': png(1, 1, red),
  'hollow/red/a.png': png(1, 1, red),
  'list.csv': 'name,kind,dark\nblue/a.png,sky,0\nred/b.png,rose,1\n',
  'list.json': JSON.stringify([
    { name: 'blue/a.png', kind: 'sky', more: { nested: true } },
    { name: 'red/b.png', kind: 'rose' },
  ]),
  'nameless.csv': 'name,kind\nblue/a.png,sky\n,rose\n',
  'unseen.csv': 'name,kind\nblue/a.png,grass\n',
  'gone.csv': 'name,kind\nblue/z.png,sky\n',
});

beforeAll(async () => {
  await mkdir(join(folder(), 'hollow', 'blue'));
  await mkdir(join(folder(), 'empty'));
});

const load = (stated: Readonly<Record<string, unknown>>, memory?: number) =>
  loadFrom(folder(), { source: 'images', training: 'good', test: 'good', ...stated }, memory);

describe('the loader of images', () => {
  it('has a class for each folder, images by name, and what is transparent over white', async () => {
    const dataSet = await load({});
    expect(dataSet.fields).toEqual([
      { name: 'features', type: 'u8', shape: [1, 2, 3] },
      { name: 'labels', type: 'i32', shape: [], classes: 2, classNames: ['blue', 'red'] },
    ]);
    expect(numbersOf(dataSet, 'training', 1)).toEqual([0, 1, 1]);
    const [, , , , , , jpegRed = 0, jpegGreen = 0] = numbersOf(dataSet, 'training', 0);
    expect(numbersOf(dataSet, 'training', 0).slice(0, 6)).toEqual([255, 255, 255, 255, 255, 255]);
    expect([Math.abs(jpegRed - 200), Math.abs(jpegGreen - 100)].every((off) => off < 4)).toBe(true);
    expect(numbersOf(dataSet, 'training', 0).slice(12)).toEqual([255, 0, 0, 255, 0, 0]);
  });

  it('makes them grey, or keeps their opacity', async () => {
    expect(numbersOf(await load({ channels: 1 }), 'training', 0).slice(4)).toEqual([76, 76]);
    expect(numbersOf(await load({ channels: 4 }), 'training', 0).slice(0, 4)).toEqual([0, 0, 255, 0]);
  });

  it('stretches them to a size', async () => {
    const dataSet = await load({ training: 'sizes', test: 'sizes', size: [1, 1] });
    expect(dataSet.fields[0]?.shape).toEqual([1, 1, 3]);
    expect(numbersOf(dataSet, 'training', 0)).toEqual([255, 0, 0, 0, 100, 0]);
  });

  it('leaves pixels on disk that are more than memory may hold', async () => {
    const [inMemory, onDisk] = [await load({}), await load({}, 4)];
    expect([inMemory.training.reader, typeof onDisk.training.reader]).toEqual([undefined, 'function']);
    expect(onDisk.digest).toBe(inMemory.digest);
  });

  it.each([
    ['a torn PNG', { training: 'torn' }, 'torn/red/a.png: cannot be read as PNG, torn or corrupt: '],
    ['a torn JPEG', { training: 'torn-jpeg' }, 'torn-jpeg/red/a.jpg: cannot be read as JPEG, torn or corrupt: '],
    ['another format', { training: 'other' }, 'other/red/a.png: expected a PNG or JPEG image, found another file'],
    ['an empty folder', { training: 'empty' }, 'empty: is empty, expected a folder of images for each class'],
    ['an empty class', { training: 'hollow' }, 'hollow/blue: is empty, expected images of the class blue'],
    [
      'a file among the classes',
      { training: 'stray' },
      'stray/readme.txt: expected a folder of images, one for each class',
    ],
    ['a folder among the images', { training: 'deep' }, 'deep/red/more: expected an image, found a folder'],
    ['a missing folder', { training: 'nowhere' }, 'nowhere: no such file'],
    [
      'a class unseen in training',
      { test: 'unseen' },
      'unseen/green: training has no class green, its classes are blue, red',
    ],
    ['images of several sizes', { training: 'sizes', test: 'sizes' }, 'sizes/red/b.png: 4 x 2 pixels, but '],
  ])('refuses %s with one line that names it', async (_what, stated, message) => {
    const error: unknown = await load(stated).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(InputError);
    expect((error as InputError).message).toContain(message);
    expect((error as InputError).message).not.toContain('\n');
  });
});

describe('the loader of images in a list', () => {
  const listed = {
    source: 'image-list',
    training: 'list.csv',
    test: 'list.csv',
    folder: 'good',
    file: 'name',
    target: 'kind',
  };

  it('takes labels from a table, CSV or JSON, whatever else stands in it', async () => {
    for (const training of ['list.csv', 'list.json']) {
      const dataSet = await load({ ...listed, training, test: training, channels: 1 });
      expect(dataSet.fields[1]?.classNames).toEqual(['sky', 'rose']);
      expect(numbersOf(dataSet, 'training', 0)).toEqual([255, 255, 76, 76]);
      expect(numbersOf(dataSet, 'training', 1)).toEqual([0, 1]);
    }
  });

  it('regresses on numbers of the table', async () => {
    const dataSet = await load({ ...listed, target: 'dark', task: 'regression' });
    expect(dataSet.fields[1]).toEqual({ name: 'labels', type: 'f32', shape: [], positionNames: ['dark'] });
  });

  it.each([
    [
      'a row without a file',
      { training: 'nameless.csv' },
      'nameless.csv: line 3, column name: expected the name of a file',
    ],
    [
      'a class unseen in training',
      { test: 'unseen.csv' },
      'unseen.csv: line 2, column kind: expected one of sky, rose, found "grass"',
    ],
    ['a file that is not there', { test: 'gone.csv' }, 'good/blue/z.png: no such file'],
    ['a column that is not there', { file: 'nam' }, 'list.csv: has no column nam (did you mean name?)'],
  ])('refuses %s', async (_what, stated, message) => {
    await expect(load({ ...listed, ...stated })).rejects.toThrow(message);
  });
});

describe.each([
  ['PNG', noisyPng],
  ['JPEG', noisyJpeg],
] as const)('a %s that ends early', (_format, whole) => {
  it('is never taken for a whole one, wherever it ends', async () => {
    const { readImage } = await import('../../../coordinator/data/image_file.ts');
    const { writeFile } = await import('node:fs/promises');
    const file = join(folder(), 'cut');
    for (let length = 0; length < whole.length; length += Math.max(1, Math.floor(whole.length / 97))) {
      await writeFile(file, whole.subarray(0, length));
      await expect(readImage(file), `${length} of ${whole.length} bytes`).rejects.toThrow(InputError);
    }
  });
});
