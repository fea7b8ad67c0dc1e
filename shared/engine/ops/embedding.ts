// embedding: rows of a parameter [entries, width], chosen by ids: [...] u8 or i32 to [..., width].

import { lastOf, shapeText } from '../shape.ts';
import { inputOf, mismatch, noAttributes, type Op, type OpNode, requireLabels, takeInputs, valuesOf } from './op.ts';

export const embedding: Op = {
  name: 'embedding',
  attributes: noAttributes,

  infer(inputs, _attributes, nodeName) {
    const [ids, table] = takeInputs(inputs, ['ids', 'table'], nodeName, 'embedding');
    requireLabels(ids, nodeName, 'embedding', 'ids');
    const width = table.shape[1];
    if (table.kind !== 'parameter' || table.shape.length !== 2 || width === undefined) {
      throw mismatch(nodeName, 'embedding', 'a parameter [entries, width]', `${table.kind} ${shapeText(table.shape)}`);
    }
    return { kind: 'batch', type: 'f32', shape: [...ids.shape, width] };
  },

  forward(emit, node) {
    const { ids, table, entries, width } = parts(node);
    const rows = emit.elements(ids);
    emit.call('embedding', emit.value(node.output), emit.value(table), emit.labels(ids, entries), rows, width);
  },

  gradient(emit, node) {
    const { ids, table, entries, width } = parts(node);
    const [rows, places] = [emit.elements(ids), emit.labels(ids, entries)];
    emit.contribute(table, (target) =>
      emit.call('embeddingGradient', target, emit.outputGradient(node), places, rows, width, entries),
    );
  },

  reference(given) {
    const { width } = parts(given.node);
    const [ids, table] = [valuesOf(given, 0), valuesOf(given, 1)];
    return Float64Array.from({ length: ids.length * width }, (_, at) => {
      const row = ids[Math.floor(at / width)] ?? 0;
      return table[row * width + (at % width)] ?? 0;
    });
  },
};

function parts(node: OpNode) {
  const [ids, table] = [inputOf(node, 0), inputOf(node, 1)];
  const [entries = 1] = table.shape;
  return { ids, table, entries, width: lastOf(table.shape) };
}
