// A plan: a model compiled for a number of samples and a purpose; a flat list of kernel calls over memory laid out once.
// Running it allocates nothing.

import { InputError } from '../errors.ts';
import { Emitter, type ProgramMode } from './emitter.ts';
import type { Engine } from './engine.ts';
import type { Pointer } from './kernels.ts';
import { planMemory } from './memory_plan.ts';
import type { Model, ParameterTensor } from './model.ts';
import { elementsOf, type OpNode, type Tensor } from './ops/op.ts';
import { type Buffer, fixedBuffer, Program } from './program.ts';

/** Buffers of packed parameters: made once per version of the parameters, shared by the plans of a model. */
export class PreparedParameters {
  readonly #engine: Engine;
  readonly #buffers = new Map<string, Buffer>();
  readonly #calls: (() => void)[] = [];
  #stale = true;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** The buffer under this key; `prepare` writes the calls that fill it, the first time. */
  buffer(key: string, bytes: number, prepare: (program: Program, buffer: Buffer) => void): Buffer {
    const known = this.#buffers.get(key);
    if (known !== undefined) return known;
    const buffer = fixedBuffer(this.#engine.allocate(bytes), bytes);
    this.#buffers.set(key, buffer);
    const program = new Program();
    prepare(program, buffer);
    for (const call of program.calls) this.#calls.push(call.bind(this.#engine.kernels, fixedAddress));
    this.#stale = true;
    return buffer;
  }

  parametersChanged(): void {
    this.#stale = true;
  }

  /** Packs the parameters anew if they have changed. */
  refresh(): void {
    if (!this.#stale) return;
    for (const call of this.#calls) call();
    this.#stale = false;
  }
}

export interface PlanOptions {
  readonly engine: Engine;
  readonly model: Model;
  readonly mode: ProgramMode;
  readonly samples: number;
  readonly parameters: Pointer;
  /** Where the flat gradient goes, in training. */
  readonly gradient: Pointer;
  readonly prepared: PreparedParameters;
}

/** A field of the samples, with where it goes and how labels in it are limited. */
interface PlanInput {
  readonly tensor: Tensor;
  readonly pointer: Pointer;
  readonly bytesPerSample: number;
  /** Labels must be below it. */
  classes: number | undefined;
}

const bytesPerElement = { u8: 1, i32: 4, f32: 4 } as const;

export class Plan {
  readonly samples: number;
  readonly #engine: Engine;
  readonly #prepared: PreparedParameters;
  readonly #inputs: readonly PlanInput[];
  readonly #calls: readonly (() => void)[];
  readonly #sums: ReadonlyMap<string, Pointer>;
  readonly #prediction: { readonly pointer: Pointer; readonly elements: number };

  constructor(options: PlanOptions) {
    const { engine, model, samples, prepared } = options;
    this.samples = samples;
    this.#engine = engine;
    this.#prepared = prepared;
    this.#inputs = model.inputs.map((tensor) => {
      const bytesPerSample = bytesPerElement[tensor.type] * elementsOf(tensor.shape);
      return { tensor, pointer: engine.allocate(bytesPerSample * samples), bytesPerSample, classes: undefined };
    });
    const sums = new Map<Tensor, Pointer>();
    for (const { node } of [{ node: model.loss }, ...model.metrics]) sums.set(node.output, engine.allocate(8));
    const emitter = emitProgram(options, this.#inputs, sums);
    const address = place(engine, emitter.program);
    this.#calls = emitter.program.calls.map((call) => call.bind(engine.kernels, address));
    this.#sums = new Map([
      ['loss', sums.get(model.loss.output) ?? (0 as Pointer)],
      ...model.metrics.map(({ name, node }) => [name, sums.get(node.output) ?? (0 as Pointer)] as const),
    ]);
    const elements = elementsOf(model.prediction.shape) * samples;
    const pointer = options.mode === 'prediction' ? address(emitter.value(model.prediction)) : (0 as Pointer);
    this.#prediction = { pointer, elements };
  }

  /**
   * Copies a stretch of samples in.
   * @param fields Raw bytes, a field for each input of the graph, as `Samples` holds them.
   * @throws {InputError} if a label is not below the number of classes.
   */
  load(fields: readonly Uint8Array[], firstSample: number): void {
    for (let index = 0; index < this.#inputs.length; index++) {
      const input = this.#inputs[index];
      const field = fields[index];
      if (input === undefined || field === undefined) throw new InputError(`samples: field ${index} is missing`);
      const { bytesPerSample, pointer } = input;
      const bytes = bytesPerSample * this.samples;
      const from = bytesPerSample * firstSample;
      if (field.length < from + bytes) {
        throw new InputError(`samples: field ${input.tensor.name} has ${field.length} bytes, expected ${from + bytes}`);
      }
      const target = this.#engine.bytes(pointer, bytes);
      target.set(field.subarray(from, from + bytes));
      if (input.classes !== undefined) this.#checkLabels(input, input.classes);
    }
  }

  run(): void {
    this.#prepared.refresh();
    for (const call of this.#calls) call();
  }

  /** The sum over the samples of the loss, under `loss`, or of a metric. */
  sum(name: string): number {
    const pointer = this.#sums.get(name);
    if (pointer === undefined) throw new Error(`plan has no sum ${name}`);
    return this.#engine.float64(pointer, 1)[0] ?? Number.NaN;
  }

  /** The prediction of all samples: a view, valid until the next run. */
  prediction(): Float32Array {
    return this.#engine.float32(this.#prediction.pointer, this.#prediction.elements);
  }

  #checkLabels({ tensor, pointer }: PlanInput, classes: number): void {
    const labels =
      tensor.type === 'u8' ? this.#engine.bytes(pointer, this.samples) : this.#engine.int32(pointer, this.samples);
    for (let sample = 0; sample < this.samples; sample++) {
      const label = labels[sample] ?? -1;
      if (label < 0 || label >= classes) {
        throw new InputError(`samples: label ${label} in field ${tensor.name}, expected 0 to ${classes - 1}`);
      }
    }
  }
}

/** Forward in graph order, then backward from the loss: reverse-mode differentiation, done once. */
function emitProgram(options: PlanOptions, inputs: readonly PlanInput[], sums: ReadonlyMap<Tensor, Pointer>): Emitter {
  const { engine, model, mode, samples, prepared } = options;
  const outputs =
    mode === 'prediction' ? [model.prediction] : [model.loss.output, ...model.metrics.map(({ node }) => node.output)];
  const nodes = reachable(model.nodes, outputs);
  const differentiable = trainable(nodes);
  const parameters = new Map(model.layout.tensors.map((tensor) => [tensor.name, tensor]));
  const emitter = new Emitter({
    mode,
    samples,
    kernels: engine.kernels,
    users: usersOf(nodes),
    outputs: new Set(outputs),
    loss: model.loss,
    needsGradient: (tensor) => mode === 'training' && differentiable.has(tensor),
    prepared: (key, bytes, prepare) => prepared.buffer(key, bytes, prepare),
    fixed: (tensor, role) => {
      const parameter = parameters.get(tensor.name);
      if (parameter !== undefined)
        return parameterBuffer(parameter, role === 'value' ? options.parameters : options.gradient);
      const pointer = sums.get(tensor) ?? inputs.find((input) => input.tensor === tensor)?.pointer;
      return role === 'value' && pointer !== undefined ? fixedBuffer(pointer, 8) : undefined;
    },
    checkLabels: (labels, classes) => {
      const input = inputs.find(({ tensor }) => tensor === labels);
      if (input !== undefined) input.classes = Math.min(input.classes ?? classes, classes);
    },
  });
  for (const node of nodes) node.op.forward(emitter, node);
  if (mode === 'training') emitBackward(emitter, model, nodes);
  return emitter;
}

function emitBackward(emitter: Emitter, model: Model, nodes: readonly OpNode[]): void {
  for (const node of [...nodes].reverse()) {
    const reached = node === model.loss || emitter.hasGradient(node.output);
    if (!reached || node.output.kind === 'parameter') continue;
    if (!node.inputs.some((input) => emitter.needsGradient(input))) continue;
    if (node.op.gradient === undefined) {
      throw new InputError(`node ${node.name}: ${node.op.name} stands before the loss but cannot be differentiated`);
    }
    node.op.gradient(emitter, node);
  }
  for (const node of model.nodes) {
    if (node.output.kind !== 'parameter' || emitter.hasGradient(node.output)) continue;
    throw new InputError(`parameter ${node.name} has no way to the loss: remove it or use it`);
  }
}

function parameterBuffer({ offset, elements }: ParameterTensor, base: Pointer): Buffer {
  return fixedBuffer((base + 4 * offset) as Pointer, 4 * elements);
}

/** The nodes that the outputs depend on, in graph order. */
function reachable(nodes: readonly OpNode[], outputs: readonly Tensor[]): readonly OpNode[] {
  const needed = new Set<Tensor>(outputs);
  for (const node of [...nodes].reverse()) {
    if (needed.has(node.output)) for (const input of node.inputs) needed.add(input);
  }
  return nodes.filter(({ output }) => needed.has(output));
}

/** Parameters and every tensor that depends on one: what gradients flow through. */
function trainable(nodes: readonly OpNode[]): ReadonlySet<Tensor> {
  const found = new Set<Tensor>();
  for (const { inputs, output } of nodes) {
    if (output.kind === 'parameter' || inputs.some((input) => found.has(input))) found.add(output);
  }
  return found;
}

function usersOf(nodes: readonly OpNode[]): ReadonlyMap<Tensor, readonly OpNode[]> {
  const users = new Map<Tensor, OpNode[]>();
  for (const node of nodes) for (const input of node.inputs) users.set(input, [...(users.get(input) ?? []), node]);
  return users;
}

/** Gives every temporary buffer an address, by lifetime. */
function place(engine: Engine, program: Program): (buffer: Buffer) => Pointer {
  const lifetimes = new Map<Buffer, { bytes: number; first: number; last: number }>();
  program.calls.forEach(({ buffers }, index) => {
    for (const buffer of buffers) {
      if (buffer.place.kind === 'fixed') continue;
      const known = lifetimes.get(buffer);
      if (known === undefined) lifetimes.set(buffer, { bytes: buffer.bytes, first: index, last: index });
      else known.last = index;
    }
  });
  const { offsets, totalBytes } = planMemory([...lifetimes.values()]);
  const base = engine.allocate(totalBytes);
  const addresses = new Map(
    [...lifetimes.keys()].map((buffer, index) => [buffer, (base + (offsets[index] ?? 0)) as Pointer]),
  );
  return (buffer) => {
    if (buffer.place.kind === 'fixed') return buffer.place.pointer;
    const pointer = addresses.get(buffer);
    if (pointer === undefined) throw new Error('a buffer that no call of the program touches has no address');
    return pointer;
  };
}

function fixedAddress(buffer: Buffer): Pointer {
  if (buffer.place.kind !== 'fixed') throw new Error('prepared parameters lie at fixed addresses');
  return buffer.place.pointer;
}
