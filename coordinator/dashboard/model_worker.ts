// The model in this tab: predictions with the same engine that trains it, in a Web Worker of its own.

import { unpackSamples } from '../../shared/data/samples.ts';
import { type Engine, loadEngine } from '../../shared/engine/engine.ts';
import { type Graph, parseGraph } from '../../shared/engine/graph.ts';
import { Replica } from '../../shared/engine/replica.ts';
import type { ModelDescription } from '../../shared/watch/messages.ts';
import { authorization } from './link.ts';
import type { FromModel, Mistake, ToModel } from './model_messages.ts';

interface Loaded {
  readonly engine: Engine;
  readonly graph: Graph;
  readonly replica: Replica;
  readonly classes: number;
  /** Test samples that are looked through for mistakes. */
  readonly examined: number;
}

/** Mistakes that are shown. */
const shown = 24;

let loaded: Loaded | undefined;
let testSamples: Uint8Array | undefined;
let token: string | undefined;

/** @throws {Error} that says what the coordinator did not give, and why. */
async function ask(path: string): Promise<Response> {
  const response = await fetch(path, { headers: authorization(token) });
  if (!response.ok) throw new Error(`the coordinator did not answer: ${(await response.text()).trim()}`);
  return response;
}

async function load(): Promise<Loaded> {
  const description = (await (await ask('model')).json()) as ModelDescription;
  // Shown, not trained on: any profile will do.
  const engine = await loadEngine('portable');
  const graph = parseGraph(description.graph);
  const replica = Replica.create(engine, graph, { microbatchSize: 1 });
  if (description.frozen !== undefined) {
    replica.setFrozen(new Float32Array(await (await ask('frozen')).arrayBuffer()));
  }
  return { engine, graph, replica, classes: description.classes, examined: description.samplesAtOnce };
}

async function refresh({ replica }: Loaded): Promise<number> {
  const response = await ask('parameters');
  replica.setParameters(new Float32Array(await response.arrayBuffer()));
  return Number(response.headers.get('x-gradswarm-step'));
}

function predict({ replica, classes }: Loaded, image: Uint8Array): readonly number[] {
  return probabilities(replica.predict({ count: 1, fields: [image] }).subarray(0, classes));
}

/** Softmax: what the loss makes of logits. */
function probabilities(values: Float32Array): readonly number[] {
  const largest = Math.max(...values);
  const powers = [...values].map((value) => Math.exp(value - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

async function mistakes({ replica, graph, classes, examined }: Loaded): Promise<readonly Mistake[]> {
  testSamples ??= new Uint8Array(await (await ask(`test-samples?first=0&count=${examined}`)).arrayBuffer());
  const samples = unpackSamples(testSamples, examined, graph.inputs);
  const predictions = replica.predict(samples);
  const [images, labels] = samples.fields;
  if (images === undefined || labels === undefined) return [];
  const pixels = images.length / examined;
  const found: Mistake[] = [];
  for (let index = 0; index < examined && found.length < shown; index++) {
    const values = predictions.subarray(index * classes, (index + 1) * classes);
    const predicted = values.indexOf(Math.max(...values));
    const label = labels[index] ?? 0;
    if (predicted === label) continue;
    found.push({ image: Uint8Array.from(images.subarray(index * pixels, (index + 1) * pixels)), label, predicted });
  }
  return found;
}

/** The weights that each unit of the first layer gives to the pixels. */
function firstLayer({ replica }: Loaded): readonly Float32Array[] {
  const tensor = replica.layout.tensors.find(
    ({ shape }) => shape.length === 2 && Number.isInteger(Math.sqrt(shape[0] ?? 0)),
  );
  const [pixels = 0, units = 0] = tensor?.shape ?? [];
  if (tensor === undefined || pixels < 16) return [];
  const weights = replica.readParameters().subarray(tensor.offset, tensor.offset + tensor.elements);
  return Array.from({ length: Math.min(units, 50) }, (_, unit) =>
    Float32Array.from({ length: pixels }, (_value, pixel) => weights[pixel * units + unit] ?? 0),
  );
}

async function answer(message: ToModel): Promise<FromModel> {
  if (message.type === 'refresh') token = message.token;
  loaded ??= await load();
  const model = loaded;
  switch (message.type) {
    case 'refresh': {
      const step = await refresh(model);
      return { type: 'refreshed', step, mistakes: await mistakes(model), weights: firstLayer(model) };
    }
    case 'predict':
      return { type: 'predicted', probabilities: predict(model, message.image) };
    default:
      return message satisfies never;
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

self.onmessage = ({ data }: MessageEvent<ToModel>) => {
  answer(data).then(
    (reply) => self.postMessage(reply),
    (error: unknown) => self.postMessage({ type: 'failed', reason: reasonOf(error) } satisfies FromModel),
  );
};
