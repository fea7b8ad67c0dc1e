// Layers: the usual way to write a model in a job file. A list of layers becomes an op graph.

import * as v from 'valibot';
import type { ElementType, Graph } from '../engine/graph.ts';
import { shapeSchema } from '../engine/graph.ts';
import { initializerSchema } from '../engine/ops/parameter.ts';
import { padded, paddingSchema, strideSchema } from '../engine/ops/window.ts';
import { elementsOf, type Shape, shapeText } from '../engine/shape.ts';
import { InputError } from '../errors.ts';
import { GraphBuilder, type TensorName } from './builder.ts';

const count = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1_000_000));
const pooling = { size: strideSchema, stride: v.exactOptional(strideSchema), padding: v.exactOptional(paddingSchema) };

export const layerSchema = v.variant('type', [
  v.strictObject({ type: v.literal('dense'), units: count, initializer: v.exactOptional(initializerSchema) }),
  v.strictObject({
    type: v.literal('conv2d'),
    filters: count,
    kernelSize: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1024)),
    stride: v.exactOptional(strideSchema),
    padding: v.exactOptional(paddingSchema),
    initializer: v.exactOptional(initializerSchema),
  }),
  v.strictObject({ type: v.literal('maxPool'), ...pooling }),
  v.strictObject({ type: v.literal('averagePool'), ...pooling }),
  v.strictObject({ type: v.literal('relu') }),
  v.strictObject({ type: v.literal('sigmoid') }),
  v.strictObject({ type: v.literal('tanh') }),
  v.strictObject({ type: v.literal('flatten') }),
  v.strictObject({ type: v.literal('reshape'), shape: shapeSchema }),
]);

export const layersSchema = v.pipe(v.array(layerSchema), v.minLength(1), v.maxLength(1000));

export type Layer = v.InferOutput<typeof layerSchema>;

export type LossName = 'softmax-cross-entropy' | 'sum-of-squared-errors';

/** A field of the data set, as far as a model must know it. */
export interface ModelField {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: Shape;
  /** Number of classes, where the field holds labels. */
  readonly classes?: number;
}

export interface LayersOptions {
  readonly features: ModelField;
  readonly labels: ModelField;
  readonly loss: LossName;
}

/** Pixels are scaled from 0..255 to 0..1. */
const byteFactor = 1 / 255;

/** Weights are followed by a bias, which starts at zero. */
const zeros = { kind: 'constant', value: 0 } as const;

/**
 * @throws {InputError} naming the layer's number and type, what it expected and what it found; or what the loss expects
 *   of the last layer.
 */
export function graphFromLayers(layers: readonly Layer[], { features, labels, loss }: LayersOptions): Graph {
  const chain = new LayerChain(features);
  layers.forEach((layer, index) => {
    chain.append(layer, `layer ${index + 1} (${layer.type})`);
  });
  return chain.finish(labels, loss);
}

class LayerChain {
  readonly #builder = new GraphBuilder();
  readonly #counts = new Map<string, number>();
  #last: TensorName;
  #shape: Shape;

  constructor({ name, type, shape }: ModelField) {
    this.#shape = shape;
    this.#last = this.#builder.input({ name, type, shape });
    if (type === 'i32') throw new InputError(`features ${name}: i32 cannot feed a layer, expected u8 or f32`);
    if (type === 'u8') this.#last = this.#builder.scale(`${name}.scaled`, this.#last, byteFactor);
  }

  append(layer: Layer, place: string): void {
    switch (layer.type) {
      case 'dense':
        this.#dense(layer);
        break;
      case 'conv2d':
        this.#convolution(layer, place);
        break;
      case 'maxPool':
      case 'averagePool':
        this.#pooling(layer, place);
        break;
      case 'relu':
      case 'sigmoid':
      case 'tanh':
        this.#last = this.#builder.activation(this.#number(layer.type), layer.type, this.#last);
        break;
      case 'flatten':
        this.#reshape([elementsOf(this.#shape)]);
        break;
      case 'reshape':
        if (elementsOf(layer.shape) !== elementsOf(this.#shape)) {
          throw new InputError(
            `${place}: expected a shape of ${elementsOf(this.#shape)} elements, found ${shapeText(layer.shape)}`,
          );
        }
        this.#reshape(layer.shape);
        break;
      default:
        layer satisfies never;
    }
  }

  finish(labels: ModelField, loss: LossName): Graph {
    const builder = this.#builder;
    const outputs = elementsOf(this.#shape);
    if (this.#shape.length !== 1) this.#reshape([outputs]);
    const expected = labels.classes ?? elementsOf(labels.shape);
    if (outputs !== expected) {
      const what = labels.classes === undefined ? 'target values' : 'classes';
      throw new InputError(`the last layer gives ${outputs} values, but the data has ${expected} ${what}`);
    }
    const labelInput = builder.input({ name: labels.name, type: labels.type, shape: labels.shape });
    const prediction = this.#last;
    const metrics =
      labels.classes === undefined ? {} : { accuracy: builder.accuracy('accuracy', prediction, labelInput) };
    if (loss === 'softmax-cross-entropy') {
      if (labels.classes === undefined)
        throw new InputError(`loss softmax-cross-entropy: ${labels.name} holds no class labels`);
      return builder.finish({ loss: builder.softmaxCrossEntropy('loss', prediction, labelInput), metrics, prediction });
    }
    const target = this.#target(labels, labelInput, outputs);
    return builder.finish({ loss: builder.sumOfSquaredErrors('loss', prediction, target), metrics, prediction });
  }

  #target(labels: ModelField, labelInput: TensorName, outputs: number): TensorName {
    if (labels.classes !== undefined) return this.#builder.oneHot('target', labelInput, labels.classes);
    const values = labels.type === 'f32' ? labelInput : this.#builder.scale(`${labels.name}.converted`, labelInput, 1);
    return labels.shape.length === 1 ? values : this.#builder.reshape('target', values, [outputs]);
  }

  #dense({ units, initializer }: Extract<Layer, { type: 'dense' }>): void {
    const name = this.#number('dense');
    const inner = elementsOf(this.#shape);
    if (this.#shape.length !== 1) this.#reshape([inner]);
    const weight = this.#builder.parameter(`${name}.weight`, [inner, units], initializer ?? { kind: 'he' });
    this.#last = this.#builder.matmul(`${name}.product`, this.#last, weight);
    this.#addBias(name, units);
    this.#shape = [units];
  }

  #convolution(layer: Extract<Layer, { type: 'conv2d' }>, place: string): void {
    const name = this.#number('conv');
    const { filters, kernelSize, stride = 1, padding = 'valid', initializer } = layer;
    const [height, width, channels] = this.#image(kernelSize, padding, place);
    const shape = [kernelSize, kernelSize, channels, filters];
    const weight = this.#builder.parameter(`${name}.weight`, shape, initializer ?? { kind: 'he' });
    this.#last = this.#builder.conv2d(`${name}.product`, this.#last, weight, { stride, padding });
    this.#addBias(name, filters);
    const outputOf = (size: number) => padded(size, kernelSize, stride, padding).output;
    this.#shape = [outputOf(height), outputOf(width), filters];
  }

  #pooling({ type, size, stride = size, padding = 'valid' }: Extract<Layer, { size: number }>, place: string): void {
    const [height, width, channels] = this.#image(size, padding, place);
    this.#last = this.#builder[type](this.#number(type), this.#last, { size, stride, padding });
    const outputOf = (length: number) => padded(length, size, stride, padding).output;
    this.#shape = [outputOf(height), outputOf(width), channels];
  }

  /** The current shape as an image that a window fits in. */
  #image(window: number, padding: string, place: string): readonly [number, number, number] {
    const [height, width, channels, ...more] = this.#shape;
    const isImage = height !== undefined && width !== undefined && channels !== undefined && more.length === 0;
    if (!isImage)
      throw new InputError(`${place}: expected an image [height, width, channels], found ${shapeText(this.#shape)}`);
    if (padding === 'valid' && Math.min(height, width) < window) {
      throw new InputError(
        `${place}: expected an image of at least ${window}x${window}, found ${shapeText(this.#shape)}`,
      );
    }
    return [height, width, channels];
  }

  #addBias(name: string, channels: number): void {
    const bias = this.#builder.parameter(`${name}.bias`, [channels], zeros);
    this.#last = this.#builder.bias(name, this.#last, bias);
  }

  #reshape(shape: Shape): void {
    this.#last = this.#builder.reshape(this.#number('reshape'), this.#last, shape);
    this.#shape = shape;
  }

  /** dense1, dense2, … */
  #number(kind: string): string {
    const next = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, next);
    return `${kind}${next}`;
  }
}
