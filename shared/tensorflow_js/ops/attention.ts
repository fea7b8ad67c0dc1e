import { inputOf, type OpNode } from '../../engine/ops/op.ts';
import type { LayerOutput, LayersWriter } from '../layers_writer.ts';
import { noLayer, type OpExporter } from '../op_exporter.ts';
import { rescaled } from './activations.ts';
import { affine } from './affine.ts';
import { cut } from './axis.ts';
import { dot } from './batched_matmul.ts';

/** What a position that is not seen adds to its score: as good as minus infinity, with which no softmax goes wrong. */
const unseen = -1e9;

/** Attention is no layer there that a saved model could hold: here with the scores, head by head. */
export const attention: OpExporter = {
  op: 'attention',
  write(to, node) {
    const { heads, keyValueHeads = heads } = node.attributes as unknown as Heads;
    const shared = heads / keyValueHeads;
    const outputs = Array.from({ length: heads }, (_, head) => {
      return attend(to, node, head, Math.floor(head / shared));
    });
    if (outputs.length === 1) for (const output of outputs) to.define(node, output);
    else to.write(node, 'Concatenate', outputs, { axis: 2 });
  },
};

interface Heads {
  readonly heads: number;
  readonly keyValueHeads?: number;
  readonly causal?: boolean;
  readonly rotary?: object;
}

/** What a head of queries makes of one of keys and values: [positions, size]. */
function attend(to: LayersWriter, node: OpNode, head: number, other: number): LayerOutput {
  const { heads, causal = false, rotary } = node.attributes as unknown as Heads;
  if (rotary !== undefined) throw noLayer(node, 'attention with rotary positions');
  const [positions = 1, width = 1] = node.output.shape;
  const size = width / heads;
  const part = (index: number, at: number) =>
    cut(to, to.value(inputOf(node, index)), { axis: 1, start: at * size, length: size });
  const [q, k, v] = [part(0, head), part(1, other), part(2, other)];
  const scores = dot(to, q, k, [positions, positions], { transposedRight: true });
  const scaled = rescaled(to, scores, 1 / Math.sqrt(size), 0);
  const masked = causal ? affine(to, scaled, { offset: causalMask(positions), isTrained: false }) : scaled;
  const shares = to.step('Activation', [masked], masked.shape, { config: { activation: 'softmax' } });
  return dot(to, shares, v, [positions, size], {});
}

function causalMask(positions: number): Float32Array {
  return Float32Array.from({ length: positions ** 2 }, (_, at) =>
    at % positions > Math.floor(at / positions) ? unseen : 0,
  );
}
