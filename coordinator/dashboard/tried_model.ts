// A model as the page tries it: fetched from the coordinator, its newest parameters whenever they are asked for.

import { elementsIn, type Samples, unpackSamples } from '../../shared/data/samples.ts';
import { selfContainedTokenizer, startOfText, type Tokenizer } from '../../shared/data/tokenizer.ts';
import { type Engine, loadEngine } from '../../shared/engine/engine.ts';
import { type ElementType, type Graph, type GraphInput, parseGraph } from '../../shared/engine/graph.ts';
import { Replica } from '../../shared/engine/replica.ts';
import { elementsOf } from '../../shared/engine/shape.ts';
import { denseChain } from '../../shared/model/dense_chain.ts';
import { firstLayer, unitPicture } from '../../shared/model/first_layer.ts';
import { withMeaning } from '../../shared/model/outputs.ts';
import { textGenerator } from '../../shared/model/text_generator.ts';
import { TokenSampler } from '../../shared/model/token_sampler.ts';
import type { ModelDescription } from '../../shared/watch/messages.ts';
import { authorization } from './link.ts';
import { lookAt } from './look.ts';
import type { Answered, FirstLayerPictures, NetworkWeights, Refreshed } from './model_messages.ts';

/** Units of the first layer that are shown. */
const shownUnits = 50;

/** Units of a layer of a network that is drawn. */
const mostUnits = 32;

interface Generation {
  readonly prompt: string;
  readonly temperature: number;
  readonly tokens: number;
}

export class TriedModel {
  readonly #description: ModelDescription;
  readonly #engine: Engine;
  readonly #graph: Graph;
  readonly #replica: Replica;
  readonly #tokenizer: Tokenizer | undefined;
  /** Test samples; undefined until they are needed. */
  #samples: Samples | undefined;

  private constructor(description: ModelDescription, engine: Engine, graph: Graph, replica: Replica) {
    const { takes } = description;
    this.#description = description;
    this.#engine = engine;
    this.#graph = graph;
    this.#replica = replica;
    this.#tokenizer = takes.kind === 'text' ? selfContainedTokenizer(takes.vocabulary) : undefined;
  }

  /** @throws {Error} that says what the coordinator did not give, and why. */
  static async load(token: string | undefined): Promise<TriedModel> {
    const description = (await (await ask('model', token)).json()) as ModelDescription;
    // Shown, not trained on: any profile will do.
    const engine = await loadEngine('portable');
    const given = parseGraph(description.graph);
    const graph = description.gives.kind === 'tokens' ? given : withMeaning(given).graph;
    const replica = Replica.create(engine, graph, { microbatchSize: 1 });
    if (description.frozen !== undefined) {
      replica.setFrozen(new Float32Array(await (await ask('frozen', token)).arrayBuffer()));
    }
    return new TriedModel(description, engine, graph, replica);
  }

  /** Takes the newest parameters, and looks at the test samples with them. */
  async refresh(token: string | undefined): Promise<Refreshed> {
    const response = await ask('parameters', token);
    const parameters = await response.arrayBuffer();
    const { samplesAtOnce: samples, testSamples } = this.#description;
    if (testSamples > 0) this.#samples ??= await this.#fetchSamples(samples, token);
    return this.adopt(Number(response.headers.get('x-gradswarm-step')), parameters);
  }

  /** Takes parameters that are here, and looks at the test samples with them, as far as these are. */
  adopt(step: number, parameters: ArrayBuffer): Refreshed {
    this.#replica.setParameters(new Float32Array(parameters));
    const { takes, gives } = this.#description;
    const look = this.#look();
    const first = this.#firstLayer();
    const network = this.#network();
    return {
      step,
      takes,
      gives,
      samples: this.#samples?.count ?? 0,
      worstPictures: takes.kind === 'picture' ? (look?.worst.map(({ index }) => this.#featuresAt(index)) ?? []) : [],
      ...(look === undefined ? {} : { look }),
      ...(first === undefined ? {} : { firstLayer: first }),
      ...(network === undefined ? {} : { network }),
    };
  }

  async #fetchSamples(count: number, token: string | undefined): Promise<Samples> {
    const response = await ask(`test-samples?first=0&count=${count}`, token);
    return unpackSamples(new Uint8Array(await response.arrayBuffer()), count, this.#graph.inputs);
  }

  /** @param values features of a sample */
  predict(values: Float32Array): Float32Array {
    return this.#replica.predict({ count: 1, fields: [storedAs(this.#features.type, values)] });
  }

  /** @throws {RangeError} if there is no such test sample. */
  sample(index: number): Answered {
    const fields = this.#graph.inputs.map((input, number) => this.#fieldOf(index, input, number));
    const [values, truth] = this.#graph.inputs.map(({ type }, number) => valuesOf(type, fields[number]));
    if (values === undefined || truth === undefined) throw new RangeError(`no test sample ${index}`);
    const text = this.#textOf(values);
    const sample = { index, values, truth, ...(text === undefined ? {} : { text }) };
    return { outputs: this.#replica.predict({ count: 1, fields }), sample };
  }

  #featuresAt(index: number): Float32Array {
    return valuesOf(this.#features.type, this.#fieldOf(index, this.#features, 0));
  }

  #fieldOf(index: number, { shape, type }: GraphInput, number: number): Uint8Array {
    const bytes = elementsOf(shape) * (type === 'u8' ? 1 : 4);
    // A copy: views of other types need their alignment.
    return (this.#samples?.fields[number] ?? new Uint8Array(0)).slice(index * bytes, (index + 1) * bytes);
  }

  #textOf(ids: Float32Array): string | undefined {
    const decoder = this.#tokenizer?.decoder();
    if (decoder === undefined) return undefined;
    return [...ids].map((id) => decoder.add(id)).join('') + decoder.end();
  }

  /** What follows a text, token by token; other messages get their turn between two. */
  async *generate({ prompt, temperature, tokens }: Generation): AsyncGenerator<string, void, void> {
    const { takes, gives } = this.#description;
    const tokenizer = this.#tokenizer;
    if (takes.kind !== 'text' || gives.kind !== 'tokens' || tokenizer === undefined) {
      throw new Error('this page cannot turn text into the tokens of this model: gradswarm generate can');
    }
    const { type } = this.#features;
    const predict = (ids: Int32Array) =>
      this.#replica.predict({ count: 1, fields: [storedAs(type, Float32Array.from(ids))] });
    const seed = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
    const sampler = new TokenSampler(this.#engine, gives.size, { temperature, seed });
    const generator = textGenerator(predict, sampler, { window: takes.window, size: gives.size });
    const ids = tokenizer.encode(new TextEncoder().encode(prompt), 'the text');
    const decoder = tokenizer.decoder();
    const generated = generator.generate(ids.length === 0 ? startOfText(tokenizer) : ids);
    for (let count = 0; count < tokens; count++) {
      yield decoder.add(generated.next().value);
      await new Promise((resolve) => setTimeout(resolve));
    }
    yield decoder.end();
  }

  get #features(): GraphInput {
    const [features] = this.#graph.inputs;
    if (features === undefined) throw new Error('the model has no input');
    return features;
  }

  #look(): Refreshed['look'] {
    const { gives } = this.#description;
    const samples = this.#samples;
    const [, labels] = this.#graph.inputs;
    // A text has a label at each position, and nothing to be seen in all of them.
    if (samples === undefined || labels === undefined || gives.kind === 'tokens') return undefined;
    return lookAt(gives, this.#replica.predict(samples), valuesOf(labels.type, samples.fields[1]), samples.count);
  }

  #firstLayer(): FirstLayerPictures | undefined {
    const layer = firstLayer(this.#graph, this.#features.name, this.#description.takes);
    const weights = this.#weightsOf(layer?.tensor);
    if (layer === undefined || weights === undefined) return undefined;
    const { height, width, channels } = layer;
    const shown = Math.min(layer.units, shownUnits);
    return {
      ...{ height, width, channels },
      pictures: Array.from({ length: shown }, (_, unit) => unitPicture(layer, weights, unit)),
    };
  }

  /** Of a network that can be drawn. */
  #network(): readonly NetworkWeights[] | undefined {
    const chain = denseChain(this.#graph, this.#features.name);
    if (chain?.some(({ inputs, outputs }) => Math.max(inputs, outputs) > mostUnits) !== false) return undefined;
    return chain.flatMap(({ tensor, inputs, outputs }) => {
      const weights = this.#weightsOf(tensor);
      return weights === undefined ? [] : { inputs, outputs, weights };
    });
  }

  /** A copy of a tensor's weights; undefined if it is not one of those that are trained. */
  #weightsOf(tensor: string | undefined): Float32Array | undefined {
    const place = this.#replica.layout.tensors.find(({ name }) => name === tensor);
    return place && this.#replica.readParameters().slice(place.offset, place.offset + place.elements);
  }
}

/** @throws {Error} that says what the coordinator did not give, and why. */
async function ask(path: string, token: string | undefined): Promise<Response> {
  const response = await fetch(path, { headers: authorization(token) });
  if (!response.ok) throw new Error(`the coordinator did not answer: ${(await response.text()).trim()}`);
  return response;
}

/** Figures as the data set stores them. Every machine that runs WebAssembly in place stores them little-endian. */
function storedAs(type: ElementType, values: Float32Array): Uint8Array {
  if (type === 'u8') return Uint8Array.from(values, (value) => Math.max(0, Math.min(255, Math.round(value))));
  const stored = type === 'i32' ? Int32Array.from(values) : Float32Array.from(values);
  return new Uint8Array(stored.buffer);
}

function valuesOf(type: ElementType, bytes: Uint8Array = new Uint8Array(0)): Float32Array {
  const valueAt = elementsIn(type, bytes);
  return Float32Array.from({ length: type === 'u8' ? bytes.length : bytes.length / 4 }, (_, at) => valueAt(at));
}
