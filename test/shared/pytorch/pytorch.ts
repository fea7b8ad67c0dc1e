// Exported models run by PyTorch: each loaded by the script that was written with it.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { safetensors } from '../../../shared/pytorch/pytorch_format.ts';
import { runPython } from '../../python.ts';
import type { Predicted } from '../export/predictions.ts';

const types = { Float32Array: 'float32', Int32Array: 'int32', Uint8Array: 'uint8' } as const;

const script = `
import importlib.util, json, pathlib, sys
import torch

torch.set_num_threads(1)
folder = pathlib.Path(sys.argv[1])
outputs = []
for index, inputs in enumerate(json.loads((folder / 'inputs.json').read_text())):
    spec = importlib.util.spec_from_file_location(f'model{index}', folder / f'model{index}.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    model = module.load(folder / f'model{index}.safetensors')
    given = {
        name: torch.tensor(entry['values'], dtype=getattr(torch, entry['type'])).reshape(entry['shape'])
        for name, entry in inputs.items()
    }
    with torch.no_grad():
        outputs.append(model(**given).flatten().tolist())
print(json.dumps(outputs))
`;

/** The outputs of all the models, in one process: PyTorch takes seconds to start. */
export async function runPytorch(predicted: readonly Predicted[]): Promise<readonly Float32Array[]> {
  const folder = await mkdtemp(join(tmpdir(), 'gradswarm-pytorch-'));
  try {
    const inputs = await Promise.all(predicted.map((each, index) => writeModel(each, join(folder, `model${index}`))));
    await writeFile(join(folder, 'inputs.json'), JSON.stringify(inputs));
    const outputs = JSON.parse(await runPython(script, [folder])) as readonly (readonly number[])[];
    return outputs.map((values) => Float32Array.from(values));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Writes the files of a model. @returns its inputs, as the script reads them. */
async function writeModel({ model, inputs }: Predicted, stem: string): Promise<Readonly<Record<string, unknown>>> {
  for (const { ending, bytes } of safetensors.write(model, stem)) await writeFile(`${stem}${ending}`, bytes);
  const given = inputs.map(({ name, values, shape }) => {
    const type = types[values.constructor.name as keyof typeof types];
    return [name, { type, shape, values: [...values] }] as const;
  });
  return Object.fromEntries(given);
}
