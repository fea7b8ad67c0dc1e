import { inputOf, type OpNode } from '../../engine/ops/op.ts';
import type { OpExporter } from '../op_exporter.ts';
import type { PytorchWriter } from '../pytorch_writer.ts';

interface Heads {
  readonly positions: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly size: number;
  readonly rotary: { readonly base: number } | undefined;
}

/** With the scores, so that it needs no newer PyTorch than 1.13. */
export const attention: OpExporter = {
  op: 'attention',
  write(to, node) {
    const { causal = false } = node.attributes as { readonly causal?: boolean };
    const sizes = headsOf(node);
    const { heads, keyValueHeads, size, positions } = sizes;
    const times = heads / keyValueHeads;
    const shared = times === 1 ? '' : `.repeat_interleave(${times}, 1)`;
    const q = split(to, node, 0, heads, sizes);
    const k = split(to, node, 1, keyValueHeads, sizes);
    const v = split(to, node, 2, keyValueHeads, sizes);
    const scores = to.step(`${q} @ ${k}${shared}.mT * ${1 / Math.sqrt(size)}`, `${node.name}_scores`);
    const unseen = `torch.ones(${positions}, ${positions}, dtype=torch.bool, device=${q}.device).triu(1)`;
    const masked = causal ? `${scores}.masked_fill(${unseen}, -torch.inf)` : scores;
    const weighted = `torch.softmax(${masked}, -1) @ ${v}${shared}`;
    to.write(node, `(${weighted}).transpose(1, 2).flatten(2)`);
  },
};

function headsOf(node: OpNode): Heads {
  const given = node.attributes as Pick<Partial<Heads>, 'keyValueHeads' | 'rotary'> & { readonly heads: number };
  const { heads, keyValueHeads = heads, rotary } = given;
  const [positions = 1, width = 1] = node.output.shape;
  return { positions, heads, keyValueHeads, size: width / heads, rotary };
}

/** An input as [samples, heads, positions, size]; queries and keys are turned by their positions, where that is asked. */
function split(to: PytorchWriter, node: OpNode, index: number, heads: number, sizes: Heads): string {
  const { positions, size, rotary } = sizes;
  const value = to.value(inputOf(node, index));
  const parts = to.step(
    `${value}.reshape(-1, ${positions}, ${heads}, ${size}).transpose(1, 2)`,
    `${node.name}_${['queries', 'keys', 'values'][index]}`,
  );
  return rotary === undefined || index === 2 ? parts : turned(to, parts, sizes, rotary.base);
}

/** Elements i and i + size / 2 turned by position * base^(−2i / size). */
function turned(to: PytorchWriter, value: string, { positions, size }: Heads, base: number): string {
  const half = size / 2;
  const rates = `${base} ** (torch.arange(${half}, device=${value}.device) * ${-2 / size})`;
  const angles = to.step(`torch.arange(${positions}, device=${value}.device)[:, None] * ${rates}`, 'angles');
  const [first, second] = [`${value}[..., :${half}]`, `${value}[..., ${half}:]`];
  const one = `${first} * ${angles}.cos() - ${second} * ${angles}.sin()`;
  const other = `${second} * ${angles}.cos() + ${first} * ${angles}.sin()`;
  return to.step(`torch.cat((${one}, ${other}), -1)`, value);
}
