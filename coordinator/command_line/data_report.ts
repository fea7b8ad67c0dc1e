// What a data set holds, in lines for a terminal of 80 columns: counts, shapes, classes, ranges and a few samples.

import type { DataSet } from '../../shared/data/data_set.ts';
import { elementsIn, type FieldSpecification, sliceSamples } from '../../shared/data/samples.ts';
import { elementsOf, shapeText } from '../../shared/engine/shape.ts';
import { plainText } from '../../shared/protocol/plain_text.ts';
import { openTokenizer } from '../data/tokenizer.ts';
import { classCounts, figuresOf, labelCounts, partNames } from './data_figures.ts';

const columns = 80;

/** Classes and columns that are listed one by one. */
const maximumListed = 20;

const samplesShown = 3;

const heading = (name: string) => name.padEnd(10);

/** @returns lines of at most 80 characters. */
export function describeData(dataSet: DataSet): readonly string[] {
  const { name, digest, notes = [], fields } = dataSet;
  const counts = partNames.map((part) => `${dataSet[part].count.toLocaleString('en')} ${part}`);
  const lines = [
    `${heading('source')} ${name}, SHA-256 ${digest.slice(0, 16)}…`,
    `${heading('samples')} ${counts.join(', ')}`,
    ...notes.flatMap((note) => wrapped('note', note)),
    ...fields.flatMap((field, number) => describeField(dataSet, field, number)),
    '',
    ...describeSamples(dataSet),
  ];
  return lines.map(fitted);
}

/** At most 80 characters of a line. */
export function fitted(line: string): string {
  const plain = plainText(line);
  return plain.length <= columns ? plain : `${plain.slice(0, columns - 1)}…`;
}

/** A text on as many lines as it needs. */
function wrapped(name: string, text: string): readonly string[] {
  const lines: string[] = [];
  let line = heading(name);
  for (const word of text.split(' ')) {
    if (line.length + 1 + word.length > columns && line.trim() !== '') {
      lines.push(line);
      line = heading('');
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}

function describeField(dataSet: DataSet, field: FieldSpecification, number: number): readonly string[] {
  const { name, type, shape, classes, classNames, standardization, vocabulary } = field;
  const kinds = [
    classes === undefined
      ? undefined
      : `${classes.toLocaleString('en')} ${vocabulary === undefined ? 'classes' : 'tokens'}`,
    standardization === undefined ? undefined : 'normalized in the model',
  ];
  const line = `${heading(name)} ${[`${type} ${shapeText(shape)}`, ...kinds.filter((kind) => kind !== undefined)].join(', ')}`;
  if (vocabulary !== undefined) return [line];
  if (classes !== undefined) {
    return [line, ...countTable('class', namesOf(classes, classNames), classCounts(dataSet, number, classes))];
  }
  if (classNames !== undefined) {
    return [line, ...countTable('label', classNames, labelCounts(dataSet, number, classNames.length))];
  }
  return [line, ...figureTable(dataSet, field, number)];
}

function namesOf(classes: number, names: readonly string[] | undefined): readonly string[] {
  return Array.from({ length: classes }, (_, label) => (names === undefined ? `${label}` : `${label} ${names[label]}`));
}

function countTable(title: string, names: readonly string[], counts: readonly Uint32Array[]): readonly string[] {
  const rows = names.map((name, index) => [name, ...counts.map((part) => (part[index] ?? 0).toLocaleString('en'))]);
  return [...table([title, ...partNames], rows.slice(0, maximumListed)), ...more(rows.length, 'classes')];
}

function more(count: number, what: string): readonly string[] {
  return count > maximumListed ? [`${heading('')} … and ${count - maximumListed} ${what} more`] : [];
}

/** Ranges by column or channel of the training samples; of long rows without names one range for all. */
function figureTable(dataSet: DataSet, field: FieldSpecification, number: number): readonly string[] {
  const { shape, positionNames } = field;
  const last = shape.at(-1) ?? 1;
  const isListed = positionNames !== undefined || last <= 4;
  const positions = isListed ? last : 1;
  const figures = figuresOf(dataSet.training, dataSet.fields, number, positions);
  const title = positionNames !== undefined ? 'column' : positions > 1 ? 'position' : '';
  const rows = figures.map(({ least, mean, deviation, most }, at) => [
    positionNames?.[at] ?? (positions > 1 ? `${at}` : 'all'),
    ...[least, mean, deviation, most].map(short),
  ]);
  return [
    ...table([title, 'least', 'mean', 'deviation', 'most'], rows.slice(0, maximumListed)),
    ...more(rows.length, 'columns'),
  ];
}

/** Four digits or so. */
function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const widths = titles.map((title, column) =>
    Math.min(column === 0 ? 28 : 12, Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0))),
  );
  const cut = (text: string, width: number) => (text.length > width ? `${text.slice(0, width - 1)}…` : text);
  return [titles, ...rows].map((row) => {
    const cells = row.map((cell, column) => {
      const width = widths[column] ?? 0;
      return column === 0 ? cut(cell, width).padEnd(width) : cell.padStart(width);
    });
    return `${heading('')} ${cells.join('  ')}`.trimEnd();
  });
}

function describeSamples({ fields, training }: DataSet): readonly string[] {
  const shown = sliceSamples(training, fields, 0, Math.min(samplesShown, training.count));
  return Array.from({ length: shown.count }, (_, sample) => {
    const parts = fields.map((field, number) =>
      describeValues(field, shown.fields[number] ?? new Uint8Array(), sample),
    );
    return [
      `${heading(`sample ${sample}`)} ${parts.slice(1).join('  ')}`,
      ...picture(fields[0], shown.fields[0], sample),
    ].concat(isPicture(fields[0]) ? [] : [`${heading('')} ${parts[0]}`]);
  }).flat();
}

/** A field of one sample, as far as a line has room. */
function describeValues(field: FieldSpecification, bytes: Uint8Array, sample: number): string {
  const { name, type, shape, classNames, classes, vocabulary, positionNames } = field;
  const size = elementsOf(shape);
  const valueAt = elementsIn(type, bytes);
  const values = Array.from({ length: Math.min(size, 64) }, (_, at) => valueAt(sample * size + at));
  if (vocabulary !== undefined) {
    const decoder = openTokenizer(vocabulary).decoder();
    return `${name} ${JSON.stringify(values.map((id) => decoder.add(id)).join(''))}`;
  }
  if (classes !== undefined) {
    return `${name} ${values.map((label) => (classNames === undefined ? `${label}` : `${label} ${classNames[label]}`)).join(', ')}`;
  }
  const named = values.map((value, at) =>
    positionNames === undefined ? short(value) : `${positionNames[at]} ${short(value)}`,
  );
  return `${name} ${named.join(positionNames === undefined ? ' ' : ', ')}`;
}

const shades = ' .:-=+*#%@';

/** Columns and rows of a picture: a character is about twice as high as wide. */
const pictureWidth = 40;

function isPicture(field: FieldSpecification | undefined): boolean {
  const [height = 0, width = 0, channels = 0, ...others] = field?.shape ?? [];
  return field?.type === 'u8' && others.length === 0 && height > 3 && width > 3 && [1, 3, 4].includes(channels);
}

/** An image of bytes in shades of characters. */
function picture(
  field: FieldSpecification | undefined,
  bytes: Uint8Array | undefined,
  sample: number,
): readonly string[] {
  if (field === undefined || bytes === undefined || !isPicture(field)) return [];
  const [height = 1, width = 1, channels = 1] = field.shape;
  const acrossStep = Math.max(1, width / pictureWidth);
  const downStep = 2 * acrossStep;
  const rows = Math.max(1, Math.floor(height / downStep));
  return Array.from({ length: rows }, (_, row) => {
    const across = Array.from({ length: Math.floor(width / acrossStep) }, (_unused, column) => {
      const [y, x] = [Math.floor((row + 0.5) * downStep), Math.floor((column + 0.5) * acrossStep)];
      const at = ((sample * height + Math.min(y, height - 1)) * width + x) * channels;
      const light = channels === 1 ? (bytes[at] ?? 0) : [0, 1, 2].reduce((sum, c) => sum + (bytes[at + c] ?? 0), 0) / 3;
      return shades[Math.min(9, Math.floor(light / 25.6))] ?? ' ';
    });
    return `${heading('')} ${across.join('')}`.trimEnd();
  });
}
