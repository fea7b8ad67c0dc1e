// ONNX models as bytes. Numbers of fields and types: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto

import {
  elementTypes,
  type OnnxAttribute,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValue,
} from './onnx_model.ts';
import { ProtobufWriter } from './protobuf_writer.ts';

export function encodeOnnx({ irVersion, opset, producer, metadata, graph }: OnnxModel): Uint8Array {
  const model = new ProtobufWriter();
  model.integer(1, irVersion);
  model.text(2, producer);
  model.message(7, (message) => writeGraph(message, graph));
  model.message(8, (operators) => operators.integer(2, opset));
  for (const [key, value] of Object.entries(metadata)) {
    model.message(14, (entry) => {
      entry.text(1, key);
      entry.text(2, value);
    });
  }
  return model.finish();
}

function writeGraph(message: ProtobufWriter, { name, nodes, initializers, inputs, outputs }: OnnxGraph): void {
  for (const node of nodes) message.message(1, (inner) => writeNode(inner, node));
  message.text(2, name);
  for (const tensor of initializers) message.message(5, (inner) => writeTensor(inner, tensor));
  for (const value of inputs) message.message(11, (inner) => writeValue(inner, value));
  for (const value of outputs) message.message(12, (inner) => writeValue(inner, value));
}

function writeNode(message: ProtobufWriter, { name, opType, inputs, outputs, attributes }: OnnxNode): void {
  for (const input of inputs) message.text(1, input);
  for (const output of outputs) message.text(2, output);
  message.text(3, name);
  message.text(4, opType);
  for (const [key, attribute] of Object.entries(attributes)) {
    message.message(5, (inner) => {
      inner.text(1, key);
      writeAttribute(inner, attribute);
    });
  }
}

const attributeTypes = { float: 1, int: 2, text: 3, tensor: 4, floats: 6, ints: 7, texts: 8 } as const;

function writeAttribute(message: ProtobufWriter, attribute: OnnxAttribute): void {
  const { kind, value } = attribute;
  switch (kind) {
    case 'float':
      message.float(2, value);
      break;
    case 'int':
      message.integer(3, value);
      break;
    case 'text':
      message.text(4, value);
      break;
    case 'tensor':
      message.message(5, (tensor) => writeTensor(tensor, value));
      break;
    case 'floats':
      for (const each of value) message.float(7, each);
      break;
    case 'ints':
      for (const each of value) message.integer(8, each);
      break;
    case 'texts':
      for (const each of value) message.text(9, each);
      break;
    default:
      kind satisfies never;
  }
  message.integer(20, attributeTypes[kind]);
}

function writeTensor(message: ProtobufWriter, { name, type, shape, bytes }: OnnxTensor): void {
  for (const size of shape) message.integer(1, size);
  message.integer(2, elementTypes[type]);
  message.text(8, name);
  message.bytes(9, bytes);
}

function writeValue(message: ProtobufWriter, { name, type, shape }: OnnxValue): void {
  message.text(1, name);
  message.message(2, (valueType) =>
    valueType.message(1, (tensorType) => {
      tensorType.integer(1, elementTypes[type]);
      tensorType.message(2, (dimensions) => {
        for (const size of shape) {
          dimensions.message(1, (dimension) => {
            if (typeof size === 'number') dimension.integer(1, size);
            else dimension.text(2, size);
          });
        }
      });
    }),
  );
}
