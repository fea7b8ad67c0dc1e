// ONNX models from bytes: what our graphs may need; what else there is, is left aside. Constants become little-endian bytes,
// however they are stored.

import { InputError } from '../errors.ts';
import {
  bytesPerElement,
  elementTypes,
  type OnnxAttribute,
  type OnnxElementType,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValue,
} from './onnx_model.ts';
import { floatsOf, integersOf, type ProtobufField, readFields, textOf } from './protobuf_reader.ts';

/** A message's fields by their numbers. */
class Message {
  readonly #fields = new Map<number, ProtobufField[]>();

  constructor(bytes: Uint8Array) {
    for (const field of readFields(bytes)) {
      const same = this.#fields.get(field.number);
      if (same === undefined) this.#fields.set(field.number, [field]);
      else same.push(field);
    }
  }

  all(number: number): readonly ProtobufField[] {
    return this.#fields.get(number) ?? [];
  }

  texts(number: number): readonly string[] {
    return this.all(number).map(textOf);
  }

  text(number: number): string {
    return this.texts(number).at(-1) ?? '';
  }

  integers(number: number): readonly bigint[] {
    return this.all(number).flatMap(integersOf);
  }

  integer(number: number): number {
    return Number(this.integers(number).at(-1) ?? 0);
  }

  floats(number: number): readonly number[] {
    return this.all(number).flatMap(floatsOf);
  }

  bytes(number: number): Uint8Array | undefined {
    return this.all(number).at(-1)?.bytes;
  }

  messages(number: number): readonly Message[] {
    return this.all(number).map(({ bytes }) => new Message(bytes));
  }
}

/** @throws {InputError} if it is no ONNX model, or holds what cannot be read. */
export function decodeOnnx(bytes: Uint8Array): OnnxModel {
  const model = new Message(bytes);
  const [graph] = model.messages(7);
  const operators = model.messages(8).find((set) => ['', 'ai.onnx'].includes(set.text(1)));
  if (graph === undefined || operators === undefined) throw new InputError('not an ONNX model: it has no graph');
  return {
    irVersion: model.integer(1),
    opset: operators.integer(2),
    producer: model.text(2),
    metadata: Object.fromEntries(model.messages(14).map((entry) => [entry.text(1), entry.text(2)])),
    graph: readGraph(graph),
  };
}

function readGraph(graph: Message): OnnxGraph {
  const initializers = graph.messages(5).map(readTensor);
  const isWeight = new Set(initializers.map(({ name }) => name));
  return {
    name: graph.text(2),
    nodes: graph.messages(1).map(readNode),
    initializers,
    // Older files list their weights as inputs, too.
    inputs: graph
      .messages(11)
      .map(readValue)
      .filter(({ name }) => !isWeight.has(name)),
    outputs: graph.messages(12).map(readValue),
  };
}

function readNode(node: Message): OnnxNode {
  const domain = node.text(7);
  return {
    name: node.text(3),
    opType: domain === '' || domain === 'ai.onnx' ? node.text(4) : `${domain}.${node.text(4)}`,
    inputs: node.texts(1),
    outputs: node.texts(2),
    attributes: Object.fromEntries(
      node.messages(5).flatMap((attribute) => {
        const value = readAttribute(attribute);
        return value === undefined ? [] : [[attribute.text(1), value]];
      }),
    ),
  };
}

/** Undefined for a kind that no op of ours has: a graph, above all. */
function readAttribute(attribute: Message): OnnxAttribute | undefined {
  const [tensor] = attribute.messages(5);
  switch (attribute.integer(20)) {
    case 1:
      return { kind: 'float', value: attribute.floats(2)[0] ?? 0 };
    case 2:
      return { kind: 'int', value: attribute.integer(3) };
    case 3:
      return { kind: 'text', value: attribute.text(4) };
    case 4:
      return tensor && { kind: 'tensor', value: readTensor(tensor) };
    case 6:
      return { kind: 'floats', value: attribute.floats(7) };
    case 7:
      return { kind: 'ints', value: attribute.integers(8).map(Number) };
    case 8:
      return { kind: 'texts', value: attribute.texts(9) };
    default:
      return undefined;
  }
}

function typeOf(number: number, place: string): OnnxElementType {
  const found = Object.entries(elementTypes).find(([, each]) => each === number);
  if (found !== undefined) return found[0] as OnnxElementType;
  throw new InputError(
    `${place}: element type ${number} of ONNX cannot be read, expected one of ${Object.keys(elementTypes).join(', ')}`,
  );
}

function readTensor(tensor: Message): OnnxTensor {
  const name = tensor.text(8);
  const place = `tensor ${name}`;
  const type = typeOf(tensor.integer(2), place);
  const shape = tensor.integers(1).map(Number);
  if (tensor.integer(14) === 1) throw new InputError(`${place}: its values are in another file, which is not read`);
  const bytes = tensor.bytes(9) ?? listedValues(tensor, type);
  const expected = shape.reduce((product, size) => product * size, bytesPerElement[type]);
  if (bytes.length !== expected) throw new InputError(`${place}: ${bytes.length} bytes, expected ${expected}`);
  return { name, type, shape, bytes };
}

/** Values that are listed one by one. */
function listedValues(tensor: Message, type: OnnxElementType): Uint8Array {
  const bytesOf = ({ buffer }: { readonly buffer: ArrayBuffer }) => new Uint8Array(buffer);
  switch (type) {
    case 'f32':
      return bytesOf(Float32Array.from(tensor.floats(4)));
    case 'f64':
      return tensor.bytes(10) ?? new Uint8Array();
    case 'i64':
      return bytesOf(BigInt64Array.from(tensor.integers(7)));
    case 'i32':
      return bytesOf(Int32Array.from(tensor.integers(5), Number));
    default:
      return Uint8Array.from(tensor.integers(5), (value) => Number(value) & 0xff);
  }
}

function readValue(value: Message): OnnxValue {
  const name = value.text(1);
  const [tensorType] = value.messages(2).flatMap((type) => type.messages(1));
  if (tensorType === undefined) throw new InputError(`value ${name}: is no tensor`);
  const dimensions = tensorType.messages(2).flatMap((shape) => shape.messages(1));
  return {
    name,
    type: typeOf(tensorType.integer(1), `value ${name}`),
    shape: dimensions.map((dimension) => (dimension.all(1).length > 0 ? dimension.integer(1) : dimension.text(2))),
  };
}
