// The Python file that goes with a model's weights: its module, and what loads them. It reads the file by itself, so that
// nothing but PyTorch is needed.

import type { Tensor } from '../engine/ops/op.ts';
import type { ExportedModel } from '../export/export_format.ts';
import type { NeededNodes } from '../export/needed_nodes.ts';

const dtypes = { f32: 'float32', u8: 'uint8', i32: 'int32' } as const;

const imports = `
import json
import math
import struct
import sys

import torch
import torch.nn.functional as F
from torch import nn
`;

const reader = `
def read_safetensors(path):
    """The tensors of a file by name; the package safetensors reads it, too."""
    with open(path, 'rb') as file:
        (length,) = struct.unpack('<Q', file.read(8))
        header = json.loads(file.read(length))
        data = bytearray(file.read())
    dtypes = {'F32': torch.float32, 'I64': torch.int64}
    tensors = {}
    for name, entry in header.items():
        if name != '__metadata__':
            count, start = math.prod(entry['shape']), entry['data_offsets'][0]
            flat = torch.frombuffer(data, dtype=dtypes[entry['dtype']], count=count, offset=start)
            tensors[name] = flat.reshape(entry['shape'])
    return tensors
`;

/** What `__init__` and `forward` do, line by line. */
export interface ModuleLines {
  readonly declarations: readonly string[];
  readonly lines: readonly string[];
}

/** @param file what the weights' file is called, without its ending. */
export function scriptOf(
  { name, metadata }: ExportedModel,
  { declarations, lines }: ModuleLines,
  { inputs }: NeededNodes,
  file: string,
): string {
  const className = classNameOf(name);
  const origin = metadata.step === undefined ? name : `${name}, step ${metadata.step}`;
  return `# ${origin}: a PyTorch module for the weights in ${file}.safetensors. Written by gradswarm.
${imports}

class ${className}(nn.Module):
    """Takes what the data set stores, and gives what the model predicts.

${inputs.map((input) => `    ${describe(input)}`).join('\n')}
    """

    def __init__(self):
        super().__init__()
${indented(declarations)}

    def forward(self, ${inputs.map(variableOf).join(', ')}):
${indented(lines)}

${reader}

def load(path='${file}.safetensors'):
    model = ${className}()
    model.load_state_dict(read_safetensors(path))
    return model.eval()


if __name__ == '__main__':
    print(load(*sys.argv[1:]))
`;
}

/** How `forward` calls an input. */
export function variableOf({ name }: Pick<Tensor, 'name'>): string {
  return name.replace(/\W/g, '_');
}

function describe(input: Tensor): string {
  return `${variableOf(input)}: torch.${dtypes[input.type]} [${['samples', ...input.shape].join(', ')}]`;
}

/** `MnistLenet` of `mnist-lenet`. */
function classNameOf(name: string): string {
  const words = name.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  const joined = words.map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`).join('');
  return /^[A-Z]/.test(joined) ? joined : `Model${joined}`;
}

function indented(lines: readonly string[]): string {
  return lines.map((line) => `        ${line}`).join('\n');
}
