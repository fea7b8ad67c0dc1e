// What a model takes and what it gives, as a person would say it: a picture to draw, a row of figures, a text to go on with;
// a class, figures with names, the next token. Everything that lets people try a model is made from this one value.

import type { FeatureRanges } from '../data/feature_ranges.ts';
import type { FieldSpecification } from '../data/samples.ts';
import type { Vocabulary } from '../data/vocabulary.ts';
import type { Graph } from '../engine/graph.ts';
import { buildModel } from '../engine/model.ts';
import { elementsOf, type Shape } from '../engine/shape.ts';
import { neededNodes } from '../export/needed_nodes.ts';
import { withMeaning } from './outputs.ts';

export interface PictureTaken {
  readonly kind: 'picture';
  readonly height: number;
  readonly width: number;
  /** Grey, colour, or colour with opacity. */
  readonly channels: 1 | 3 | 4;
  /** Values of black and white. */
  readonly least: number;
  readonly most: number;
  /** What pictures lie on: `least` or `most`. */
  readonly ground: number;
  /**
   * How a drawing becomes such a picture: `centred` as MNIST has its digits, or `as drawn`; undefined where drawing makes no
   * sense.
   */
  readonly drawing?: 'centred' | 'as drawn';
}

export interface RowTaken {
  readonly kind: 'row';
  readonly features: readonly RowFeature[];
}

/** A figure at a position, or one of several options of which each has a position: 1 where it is chosen, else 0. */
export type RowFeature =
  | {
      readonly kind: 'figure';
      readonly name: string;
      readonly at: number;
      readonly least: number;
      readonly most: number;
      /** Whether whole numbers alone were seen. */
      readonly isWhole: boolean;
    }
  | { readonly kind: 'choice'; readonly name: string; readonly at: number; readonly options: readonly string[] };

export interface TextTaken {
  readonly kind: 'text';
  /** Tokens that it sees at a time. */
  readonly window: number;
  readonly vocabulary: Vocabulary;
}

/** `samples`: nothing that a person could make up; samples can be picked. */
export type Takes = PictureTaken | RowTaken | TextTaken | { readonly kind: 'samples'; readonly shape: Shape };

export type Gives =
  /** One value for each class, the largest at the likeliest. `scores` are no probabilities, and are to be shown as they are. */
  | { readonly kind: 'classes'; readonly names: readonly string[]; readonly are: 'probabilities' | 'scores' }
  /** A probability for each of several labels, any number of which apply. */
  | { readonly kind: 'labels'; readonly names: readonly string[] }
  /** Figures. */
  | { readonly kind: 'figures'; readonly names: readonly string[] }
  /** Logits of the token behind each position of a text. */
  | { readonly kind: 'tokens'; readonly size: number };

export interface TakesAndGives {
  readonly takes: Takes;
  readonly gives: Gives;
}

export interface Tried {
  readonly graph: Graph;
  /** The data set's: features first, labels or targets second. */
  readonly fields: readonly FieldSpecification[];
  /** Of the features; undefined where there are no data to look at. */
  readonly ranges?: FeatureRanges | undefined;
}

/** Outputs are those of the graph with meaning, see `withMeaning`; of tokens, those of the graph as it is. */
export function takesAndGives({ graph, fields, ranges }: Tried): TakesAndGives {
  const [features, labels] = fields;
  const model = buildModel(graph);
  const isAlone = neededNodes(model).inputs.every(({ name }) => name === features?.name);
  const takes: Takes =
    features !== undefined && isAlone ? takesOf(features, ranges) : { kind: 'samples', shape: features?.shape ?? [] };
  return { takes, gives: givesOf(takes, model.prediction.shape, labels, withMeaning(graph).meaning) };
}

function givesOf(
  takes: Takes,
  shape: Shape,
  labels: FieldSpecification | undefined,
  meaning: ReturnType<typeof withMeaning>['meaning'],
): Gives {
  const outputs = elementsOf(shape);
  const { classes } = labels ?? {};
  if (takes.kind === 'text' && classes !== undefined && shape.join() === [takes.window, classes].join()) {
    return { kind: 'tokens', size: classes };
  }
  const names = outputNames(labels, outputs);
  if (meaning === 'labels') return { kind: 'labels', names };
  if (classes !== undefined && classes === outputs) {
    return { kind: 'classes', names, are: meaning === 'probabilities' ? 'probabilities' : 'scores' };
  }
  return { kind: 'figures', names };
}

/** What each output is called: as the data call it, else its number, from 0. */
export function outputNames(labels: FieldSpecification | undefined, outputs: number): readonly string[] {
  const names = labels?.classNames ?? labels?.positionNames;
  return names?.length === outputs ? names : Array.from({ length: outputs }, (_, output) => String(output));
}

function takesOf(field: FieldSpecification, ranges: FeatureRanges | undefined): Takes {
  const { shape, classes, vocabulary } = field;
  const [window = 0] = shape;
  if (vocabulary !== undefined && shape.length === 1) return { kind: 'text', window, vocabulary };
  if (classes !== undefined) return { kind: 'samples', shape };
  const size = pictureSize(field);
  if (size !== undefined) return pictureOf(field.type, size, ranges);
  if (shape.length <= 1) return rowOf(field, ranges);
  return { kind: 'samples', shape };
}

type PictureSize = Pick<PictureTaken, 'height' | 'width' | 'channels'>;

/** The shortest side of what is taken for a picture. */
const leastSide = 4;

/** [height, width] or [height, width, channels]; or a row of bytes without names, as many as a square has. */
function pictureSize({ type, shape, positionNames }: FieldSpecification): PictureSize | undefined {
  if (positionNames !== undefined) return undefined;
  const [length = 0] = shape;
  const side = Math.sqrt(length);
  const isSquare = shape.length === 1 && type === 'u8' && Number.isInteger(side) && side >= 2 * leastSide;
  const [height = 0, width = 0, channels = 1] = isSquare ? [side, side] : shape.length > 1 ? shape : [];
  if (shape.length > 3 || height < leastSide || width < leastSide) return undefined;
  return channels === 1 || channels === 3 || channels === 4 ? { height, width, channels } : undefined;
}

/** The longest side of a picture that one would draw with a finger. */
const longestDrawn = 64;

/** The size of MNIST's digits, and of what has been made to be like them. */
const centredSide = 28;

function pictureOf(
  type: FieldSpecification['type'],
  size: PictureSize,
  ranges: FeatureRanges | undefined,
): PictureTaken {
  const { height, width, channels } = size;
  const [least, most] = type === 'u8' ? [0, 255] : [lowest(ranges) ?? 0, highest(ranges) ?? 1];
  const ground = (ranges?.edge ?? least) > (least + most) / 2 ? most : least;
  const picture = { kind: 'picture' as const, height, width, channels, least, most, ground };
  if (channels !== 1 || Math.max(height, width) > longestDrawn) return picture;
  return { ...picture, drawing: height === centredSide && width === centredSide ? 'centred' : 'as drawn' };
}

function lowest(ranges: FeatureRanges | undefined): number | undefined {
  return ranges?.least.reduce((one, other) => Math.min(one, other), Number.POSITIVE_INFINITY);
}

function highest(ranges: FeatureRanges | undefined): number | undefined {
  return ranges?.most.reduce((one, other) => Math.max(one, other), Number.NEGATIVE_INFINITY);
}

/** Deviations on each side of the mean that a figure may be given, where its range is not known. */
const reach = 3;

function rowOf(field: FieldSpecification, ranges: FeatureRanges | undefined): RowTaken {
  const names = outputNames(field, elementsOf(field.shape));
  const features: RowFeature[] = [];
  for (let at = 0; at < names.length; ) {
    const options = optionsFrom(names, at, ranges);
    features.push(
      options.length > 1
        ? { kind: 'choice', name: columnOf(names[at]) ?? '', at, options: options.map(optionOf) }
        : { kind: 'figure', name: names[at] ?? '', at, ...rangeOf(field, at, ranges) },
    );
    at += Math.max(1, options.length);
  }
  return { kind: 'row', features };
}

/** The names of a column's categories that are features of their own, `column=category`, from a position on. */
function optionsFrom(names: readonly string[], first: number, ranges: FeatureRanges | undefined): readonly string[] {
  const column = columnOf(names[first]);
  if (column === undefined) return [];
  let end = first;
  while (columnOf(names[end]) === column && isYesOrNo(end, ranges)) end += 1;
  return names.slice(first, end);
}

function isYesOrNo(at: number, ranges: FeatureRanges | undefined): boolean {
  return ranges === undefined || ((ranges.least[at] ?? 0) >= 0 && (ranges.most[at] ?? 1) <= 1);
}

function columnOf(name: string | undefined): string | undefined {
  const at = name?.indexOf('=') ?? -1;
  return at === -1 ? undefined : name?.slice(0, at);
}

function optionOf(name: string): string {
  return name.slice(name.indexOf('=') + 1);
}

function rangeOf(
  { type, standardization }: FieldSpecification,
  at: number,
  ranges: FeatureRanges | undefined,
): { least: number; most: number; isWhole: boolean } {
  const isWhole = type !== 'f32' || ranges?.isWhole[at] === true;
  if (ranges !== undefined) return { least: ranges.least[at] ?? 0, most: ranges.most[at] ?? 1, isWhole };
  const { mean = [0], deviation = [1 / reach] } = standardization ?? {};
  const [centre, spread] = [mean[at % mean.length] ?? 0, reach * (deviation[at % deviation.length] ?? 1)];
  return { least: centre - spread, most: centre + spread, isWhole };
}
