// Operators that leave values as they are, or state them.

import { elementTypes } from '../../onnx_model.ts';
import { attributeOf, constantOf, outputOf, refusal } from '../onnx_reader.ts';
import type { OpImporter } from '../op_importer.ts';

export const constant: OpImporter = {
  opType: 'Constant',
  read(from, node) {
    const tensor = attributeOf(node, 'value', 'tensor', undefined);
    if (tensor === undefined) throw refusal(node, 'expected a tensor as its value');
    from.define(outputOf(node), constantOf(tensor));
  },
};

export const identity: OpImporter = {
  opType: 'Identity',
  read: (from, node) => from.define(outputOf(node), from.value(node.inputs[0] ?? '')),
};

/** A trained model drops nothing; put dropout into the job's graph to train with it. */
export const dropout: OpImporter = { ...identity, opType: 'Dropout' };

/** Bytes become numbers; whatever else is a number here already, but ids, which stay what they are. */
export const cast: OpImporter = {
  opType: 'Cast',
  read(from, node) {
    const value = from.value(node.inputs[0] ?? '');
    const isToFloat = attributeOf(node, 'to', 'int', 0) === elementTypes.f32;
    if (value.kind === 'tensor' && value.tensor.type === 'u8' && isToFloat) {
      from.write(node, 'scale', [value.tensor], { attributes: { factor: 1 }, isImage: value.isImage });
    } else from.define(outputOf(node), value);
  },
};
