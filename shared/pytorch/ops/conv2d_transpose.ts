import { inputOf } from '../../engine/ops/op.ts';
import { spreadAttributes } from '../../export/spread.ts';
import type { OpExporter } from '../op_exporter.ts';

/** From [height, width, filters, channels] to [channels, filters, height, width]. */
const filterOrder = [3, 2, 0, 1];

/** The module gives all that the filters spread over; what is too much is cut off, which PyTorch can do evenly only. */
export const conv2dTranspose: OpExporter = {
  op: 'conv2dTranspose',
  write(to, node) {
    const filters = inputOf(node, 1);
    const [, , count = 1, channels = 1] = filters.shape;
    const { window, stride, before, behind } = spreadAttributes(node);
    const options = [`(${window.join(', ')})`, `stride=(${stride.join(', ')})`, 'bias=False'];
    const module = `nn.ConvTranspose2d(${channels}, ${count}, ${options.join(', ')})`;
    const name = to.module(node, module, [{ key: 'weight', tensor: filters, order: filterOrder }]);
    const whole = `${name}(${to.value(inputOf(node), 'channels first')})`;
    const cut = [before[1], behind[1], before[0], behind[0]];
    const isWhole = cut.every((size) => size === 0);
    to.write(node, isWhole ? whole : `F.pad(${whole}, (${cut.map((size) => -size).join(', ')}))`, 'channels first');
  },
};
