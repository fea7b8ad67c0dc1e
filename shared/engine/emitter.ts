// What ops write their kernel calls through: it knows each tensor's buffers and decides who accumulates into what.
//
// Gradients of a tensor that several nodes use are summed in the order in which backward emits them: from the last
// user in the graph to the first.

import { InputError } from '../errors.ts';
import { EngineMemoryError, engineMemory } from './engine.ts';
import type { Kernels } from './generated/kernels.ts';
import type { OpNode, Tensor } from './ops/op.ts';
import { type Buffer, Program, type ProgramVariables, type Variable } from './program.ts';
import { elementsOf, lastOf } from './shape.ts';

/** What a program is for: gradients, loss and metrics; loss and metrics; or the prediction alone. */
export type ProgramMode = 'training' | 'evaluation' | 'prediction';

export interface EmitterOptions {
  readonly mode: ProgramMode;
  readonly samples: number;
  readonly kernels: Kernels;
  /** Users of each tensor among the nodes of this program. */
  readonly users: ReadonlyMap<Tensor, readonly OpNode[]>;
  /** Tensors that must be computed as such, so that no earlier node may take them over. */
  readonly outputs: ReadonlySet<Tensor>;
  readonly needsGradient: (tensor: Tensor) => boolean;
  /** The node that is differentiated. */
  readonly loss: OpNode;
  /** Fixed places: parameters and states, their gradients and contributions, inputs, sums. */
  readonly fixed: (tensor: Tensor, role: 'value' | 'gradient') => Buffer | undefined;
  /** A buffer prepared once per version of the parameters, shared by all programs; `prepare` is emitted on first use. */
  readonly prepared: (key: string, bytes: number, prepare: (program: Program, buffer: Buffer) => void) => Buffer;
  /** Makes sure that labels are below `classes`, or `ignored`, before a run. */
  readonly checkLabels: (labels: Tensor, classes: number, ignored?: number) => void;
}

export class Emitter {
  readonly mode: ProgramMode;
  readonly samples: number;
  readonly program = new Program();
  readonly kernels: Kernels;
  readonly prepared: EmitterOptions['prepared'];
  readonly #options: EmitterOptions;
  readonly #values = new Map<Tensor, Buffer>();
  readonly #gradients = new Map<Tensor, Buffer>();
  readonly #widenedLabels = new Map<Tensor, Buffer>();
  readonly #derived = new Map<string, Buffer>();
  readonly #takenOver = new Set<OpNode>();

  constructor(options: EmitterOptions) {
    this.#options = options;
    this.mode = options.mode;
    this.samples = options.samples;
    this.kernels = options.kernels;
    this.prepared = options.prepared;
  }

  readonly call: Program['call'] = (kernel, ...given) => this.program.call(kernel, ...given);

  /** A variable of the program, in the place of a kernel's number. */
  variable(variable: keyof ProgramVariables): Variable {
    return { variable };
  }

  temporary(elements: number): Buffer {
    return this.program.temporary(elements);
  }

  /** Bytes of a right operand that `pack` packs. @throws {EngineMemoryError} if no memory could hold it. */
  packedBytes(inner: number, columns: number): number {
    return this.#sizeOf(inner, columns, () => this.kernels.packedBytes(inner, columns));
  }

  /** Bytes of a kernel's scratch space. @throws {EngineMemoryError} if no memory could hold it. */
  scratchBytes(rows: number, columns: number, inner: number): number {
    const size = () => this.kernels.scratchBytes(rows, columns, inner);
    return Math.max(this.#sizeOf(rows, columns, size), this.#sizeOf(inner, 4, size));
  }

  /** Kernels count in 32 bits: a larger size would come out as a small one. */
  #sizeOf(rows: number, columns: number, size: () => number): number {
    const bytes = 4 * rows * (columns + 3);
    if (bytes >= engineMemory) throw new EngineMemoryError(bytes);
    return size() >>> 0;
  }

  /** Elements of a tensor over all samples of the program. */
  elements(tensor: Tensor): number {
    return elementsOf(tensor.shape) * (tensor.kind === 'batch' ? this.samples : 1);
  }

  /** Rows along a tensor's last dimension, over all samples of the program. */
  rows(tensor: Tensor): number {
    return this.elements(tensor) / lastOf(tensor.shape);
  }

  /** The buffer that holds, or is to hold, the tensor's value. */
  value(tensor: Tensor): Buffer {
    const known = this.#values.get(tensor);
    if (known !== undefined) return known;
    const buffer = this.#options.fixed(tensor, 'value') ?? this.temporary(this.elements(tensor));
    this.#values.set(tensor, buffer);
    return buffer;
  }

  /** Makes `tensor` another view of a buffer, as a reshape does. */
  aliasValue(tensor: Tensor, buffer: Buffer): void {
    this.#values.set(tensor, buffer);
  }

  /** Labels as i32, checked before each run to be below `classes`, or the one label that stands for none. */
  labels(tensor: Tensor, classes: number, ignored?: number): Buffer {
    this.#options.checkLabels(tensor, classes, ignored);
    if (tensor.type === 'i32') return this.value(tensor);
    const known = this.#widenedLabels.get(tensor);
    if (known !== undefined) return known;
    const buffer = this.temporary(this.elements(tensor));
    this.call('widenLabels', buffer, this.value(tensor), this.elements(tensor));
    this.#widenedLabels.set(tensor, buffer);
    return buffer;
  }

  /** A buffer that forward and backward share, made by whichever needs it first. */
  derived(key: string, make: () => Buffer): Buffer {
    const buffer = this.#derived.get(key) ?? make();
    this.#derived.set(key, buffer);
    return buffer;
  }

  /** What buffers hold, in words; scratch space is not among them. */
  contents(): ReadonlyMap<Buffer, string> {
    return new Map([
      ...[...this.#derived].map(([key, buffer]) => [buffer, key] as const),
      ...[...this.#gradients].map(([{ name }, buffer]) => [buffer, `gradient of ${name}`] as const),
      ...[...this.#values].map(([{ name }, buffer]) => [buffer, name] as const),
    ]);
  }

  /** True if the program differentiates this node. */
  isLoss(node: OpNode): boolean {
    return this.mode === 'training' && node === this.#options.loss;
  }

  /** True if an earlier node computes this one. */
  isTakenOver(node: OpNode): boolean {
    return this.#takenOver.has(node);
  }

  /** Says that the node being emitted computes a later one too. */
  takeOver(node: OpNode): void {
    this.#takenOver.add(node);
  }

  /** The node that alone needs a tensor, as its first input; undefined if anything else does. */
  onlyUser(tensor: Tensor): OpNode | undefined {
    const [user, ...others] = this.#usersOf(tensor);
    const isFree = others.length === 0 && !this.#options.outputs.has(tensor);
    return isFree && user?.inputs[0] === tensor ? user : undefined;
  }

  needsGradient(tensor: Tensor): boolean {
    return this.#options.needsGradient(tensor);
  }

  /** The gradient of a node's output, complete when the node's gradient rule runs. */
  outputGradient(node: OpNode): Buffer {
    const gradient = this.#gradients.get(node.output);
    if (gradient === undefined)
      throw new InputError(`node ${node.name} (${node.op.name}): nothing of it reaches the loss`);
    return gradient;
  }

  hasGradient(tensor: Tensor): boolean {
    return this.#gradients.has(tensor);
  }

  /** Lets a rule write its part of a tensor's gradient: `write` gets the buffer to fill. */
  contribute(tensor: Tensor, write: (target: Buffer) => void): void {
    if (this.needsGradient(tensor)) this.#accumulate(tensor, write);
  }

  /**
   * Lets an op write its part of what a state averages, summed over the program's samples. Outside training nobody
   * contributes, and `write` is not called.
   */
  contributeState(state: Tensor, write: (target: Buffer) => void): void {
    if (this.mode === 'training') this.#accumulate(state, write);
  }

  #accumulate(tensor: Tensor, write: (target: Buffer) => void): void {
    const known = this.#gradients.get(tensor);
    if (known === undefined) {
      const target = this.#options.fixed(tensor, 'gradient') ?? this.temporary(this.elements(tensor));
      this.#gradients.set(tensor, target);
      write(target);
      return;
    }
    const part = this.temporary(this.elements(tensor));
    write(part);
    this.call('add', known, known, part, this.elements(tensor));
  }

  /**
   * As `contribute`, for rules that can work in place: where the tensor has no other user, `write` gets the output's own
   * gradient buffer, which nobody reads afterwards.
   */
  contributeInPlace(tensor: Tensor, node: OpNode, write: (target: Buffer, outputGradient: Buffer) => void): void {
    const outputGradient = this.outputGradient(node);
    const isOnlyUser = this.#usersOf(tensor).length === 1 && this.#options.fixed(tensor, 'gradient') === undefined;
    if (!isOnlyUser || !this.needsGradient(tensor)) {
      this.contribute(tensor, (target) => write(target, outputGradient));
      return;
    }
    this.#gradients.set(tensor, outputGradient);
    write(outputGradient, outputGradient);
  }

  #usersOf(tensor: Tensor): readonly OpNode[] {
    return this.#options.users.get(tensor) ?? [];
  }
}
