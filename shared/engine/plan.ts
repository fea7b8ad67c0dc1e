// A plan: a model compiled for a number of samples and a purpose; a flat list of kernel calls over memory laid out once.
// Running it allocates nothing.

import { InputError } from '../errors.ts';
import { Emitter, type ProgramMode } from './emitter.ts';
import type { Engine } from './engine.ts';
import type { Pointer } from './kernels.ts';
import { type BufferLifetime, planMemory } from './memory_plan.ts';
import type { Model, ParameterLayout } from './model.ts';
import type { ModelMemory } from './model_memory.ts';
import type { OpNode, Tensor } from './ops/op.ts';
import { type Buffer, type Call, fixedBuffer } from './program.ts';
import { elementsOf } from './shape.ts';

export interface PlanOptions {
  readonly engine: Engine;
  readonly model: Model;
  readonly mode: ProgramMode;
  readonly samples: number;
  readonly memory: ModelMemory;
  /** Where the flat gradient goes, in training. */
  readonly gradient: Pointer;
}

/** A temporary buffer, as it is laid out. */
export interface PlacedBuffer extends BufferLifetime {
  readonly name: string;
}

export class Plan {
  readonly samples: number;
  /** What the plan calls, in order. */
  readonly calls: readonly Call[];
  /** Temporary buffers, by the calls that they live from and to. */
  readonly buffers: readonly PlacedBuffer[];
  /** Bytes of the room that they share. */
  readonly temporaryBytes: number;
  /** The graph's inputs that the plan reads: a prediction needs no labels. */
  readonly inputs: ReadonlySet<Tensor>;
  /** Floating-point operations of a run, estimated. */
  readonly operations: number;
  readonly #engine: Engine;
  readonly #memory: ModelMemory;
  readonly #bound: readonly (() => void)[];
  readonly #prediction: { readonly pointer: Pointer; readonly elements: number };

  /** @throws {InputError} if the graph cannot be differentiated, or the memory does not suffice. */
  constructor(options: PlanOptions) {
    const { engine, model, mode, samples, memory } = options;
    this.samples = samples;
    this.#engine = engine;
    this.#memory = memory;
    const outputs = outputsOf(model, mode);
    const nodes = reachable(model.nodes, outputs);
    const used = new Set([...outputs, ...nodes.flatMap(({ inputs }) => inputs)]);
    this.inputs = new Set(model.inputs.filter((input) => used.has(input)));
    const emitter = emitProgram(options, nodes, outputs);
    this.calls = emitter.program.calls;
    this.operations = this.calls.reduce((sum, call) => sum + call.operations, 0);
    const lifetimes = lifetimesOf(this.calls);
    const { offsets, totalBytes } = planMemory([...lifetimes.values()]);
    this.temporaryBytes = totalBytes;
    this.buffers = namedBuffers(lifetimes, emitter);
    const address = addressesFrom(memory.temporaryRoom(totalBytes), [...lifetimes.keys()], offsets);
    const binding = { kernels: engine.kernels, address, variables: memory.variables };
    this.#bound = this.calls.map((call) => call.bind(binding));
    this.#prediction = {
      pointer: mode === 'prediction' ? address(emitter.value(model.prediction)) : (0 as Pointer),
      elements: elementsOf(model.prediction.shape) * samples,
    };
  }

  /** Computes with the samples and variables that the model's memory holds; sums and gradient lie there too. */
  run(): void {
    this.prepare();
    for (let index = 0; index < this.#bound.length; index++) this.#bound[index]?.();
  }

  /** Packs the parameters, if they have changed since they were. */
  prepare(): void {
    this.#memory.prepared.refresh();
  }

  /** As `run`, call by call: `after` is told the number of each one that has been made. */
  runApart(after: (call: number) => void): void {
    this.prepare();
    for (let index = 0; index < this.#bound.length; index++) {
      this.#bound[index]?.();
      after(index);
    }
  }

  /** The prediction of all samples: a view, valid until any plan of the model runs. */
  prediction(): Float32Array {
    return this.#engine.float32(this.#prediction.pointer, this.#prediction.elements);
  }
}

function outputsOf({ prediction, loss, metrics }: Model, mode: ProgramMode): readonly Tensor[] {
  return mode === 'prediction' ? [prediction] : [loss.output, ...metrics.map(({ node }) => node.output)];
}

/** Forward in graph order, then backward from the loss: reverse-mode differentiation, done once. */
function emitProgram(options: PlanOptions, nodes: readonly OpNode[], outputs: readonly Tensor[]): Emitter {
  const { engine, model, mode, samples, memory } = options;
  const differentiable = trainable(nodes);
  const parameters = new Map(model.layout.tensors.map((tensor) => [tensor.name, tensor]));
  const frozen = new Map(model.layout.frozen.map((tensor) => [tensor.name, tensor]));
  const emitter = new Emitter({
    mode,
    samples,
    kernels: engine.kernels,
    users: usersOf(nodes),
    outputs: new Set(outputs),
    loss: model.loss,
    needsGradient: (tensor) => mode === 'training' && differentiable.has(tensor),
    prepared: (key, bytes, prepare) => memory.prepared.buffer(key, bytes, prepare),
    fixed: (tensor, role) => {
      const parameter = parameters.get(tensor.name);
      if (parameter !== undefined)
        return parameterBuffer(parameter, role === 'value' ? memory.parameters : options.gradient);
      const constant = frozen.get(tensor.name);
      if (constant !== undefined) return role === 'value' ? parameterBuffer(constant, memory.frozen) : undefined;
      const pointer = memory.sumPointer(tensor) ?? memory.inputs.pointerOf(tensor);
      return role === 'value' && pointer !== undefined ? fixedBuffer(pointer, 8) : undefined;
    },
    checkLabels: (labels, classes, ignored) => memory.inputs.limitLabels(labels, classes, ignored),
  });
  for (const node of nodes) {
    if (emitter.isTakenOver(node)) continue;
    emitter.program.origin = { node, phase: 'forward' };
    node.op.forward(emitter, node);
  }
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
    emitter.program.origin = { node, phase: 'backward' };
    node.op.gradient(emitter, node);
  }
  for (const { name, output } of model.nodes) {
    const fault = unreached[output.kind];
    if (fault === undefined || output.isFrozen === true || emitter.hasGradient(output)) continue;
    throw new InputError(`${output.kind} ${name} ${fault}: remove it or use it`);
  }
}

/** What is wrong with a tensor of the flat vectors whose part of the gradient nobody writes. */
const unreached: Partial<Record<Tensor['kind'], string>> = {
  parameter: 'has no way to the loss',
  state: 'gets no contribution',
};

function parameterBuffer({ offset, elements }: ParameterLayout['tensors'][number], base: Pointer): Buffer {
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

/** Parameters that are not frozen, and every tensor that depends on one: what gradients flow through. */
function trainable(nodes: readonly OpNode[]): ReadonlySet<Tensor> {
  const found = new Set<Tensor>();
  for (const { inputs, output } of nodes) {
    const isTrained = output.kind === 'parameter' && output.isFrozen !== true;
    if (isTrained || inputs.some((input) => found.has(input))) found.add(output);
  }
  return found;
}

function usersOf(nodes: readonly OpNode[]): ReadonlyMap<Tensor, readonly OpNode[]> {
  const users = new Map<Tensor, OpNode[]>();
  for (const node of nodes) for (const input of node.inputs) users.set(input, [...(users.get(input) ?? []), node]);
  return users;
}

/** From the first to the last call that touches it, of each temporary buffer. */
function lifetimesOf(calls: readonly Call[]): ReadonlyMap<Buffer, BufferLifetime> {
  const lifetimes = new Map<Buffer, { bytes: number; first: number; last: number }>();
  calls.forEach(({ buffers }, index) => {
    for (const buffer of buffers) {
      if (buffer.place.kind === 'fixed') continue;
      const known = lifetimes.get(buffer);
      if (known === undefined) lifetimes.set(buffer, { bytes: buffer.bytes, first: index, last: index });
      else known.last = index;
    }
  });
  return lifetimes;
}

/** The buffers with what they hold, or for whom they are scratch space. */
function namedBuffers(lifetimes: ReadonlyMap<Buffer, BufferLifetime>, emitter: Emitter): readonly PlacedBuffer[] {
  const contents = emitter.contents();
  const { calls } = emitter.program;
  return [...lifetimes].map(([buffer, lifetime]) => {
    const name = contents.get(buffer) ?? `scratch of ${calls[lifetime.first]?.origin?.node.name ?? 'the plan'}`;
    return { ...lifetime, name };
  });
}

function addressesFrom(
  base: Pointer,
  buffers: readonly Buffer[],
  offsets: readonly number[],
): (buffer: Buffer) => Pointer {
  const addresses = new Map(buffers.map((buffer, index) => [buffer, (base + (offsets[index] ?? 0)) as Pointer]));
  return (buffer) => {
    if (buffer.place.kind === 'fixed') return buffer.place.pointer;
    const pointer = addresses.get(buffer);
    if (pointer === undefined) throw new Error('a buffer that no call of the program touches has no address');
    return pointer;
  };
}
