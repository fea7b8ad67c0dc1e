import { inputOf } from '../../../engine/ops/op.ts';
import { elementTypes } from '../../onnx_model.ts';
import type { OpExporter } from '../op_exporter.ts';

export const embedding: OpExporter = {
  op: 'embedding',
  write(to, node) {
    const ids = to.step('Cast', [to.value(inputOf(node))], { to: elementTypes.i64 });
    to.write(node, 'Gather', [to.parameter(inputOf(node, 1)), ids], { axis: 0 });
  },
};
