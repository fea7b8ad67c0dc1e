// What ops write their kernel calls through: it knows each tensor's buffers and decides who accumulates into what.
//
// Gradients of a tensor that several nodes use are summed in the order in which backward emits them: from the last
// user in the graph to the first.

import { InputError } from '../errors.ts';
import type { Kernels } from './generated/kernels.ts';
import { epilogueCodes } from './kernels.ts';
import type { OpNode, Tensor } from './ops/op.ts';
import { type Buffer, Program } from './program.ts';
import { elementsOf } from './shape.ts';

/** What a program is for: gradients, loss and metrics; loss and metrics; or the prediction alone. */
export type ProgramMode = 'training' | 'evaluation' | 'prediction';

export interface EmitterOptions {
  readonly mode: ProgramMode;
  readonly samples: number;
  readonly kernels: Kernels;
  /** Users of each tensor among the nodes of this program. */
  readonly users: ReadonlyMap<Tensor, readonly OpNode[]>;
  /** Tensors that must be computed as such, so that no fused epilogue may skip them. */
  readonly outputs: ReadonlySet<Tensor>;
  readonly needsGradient: (tensor: Tensor) => boolean;
  /** The node that is differentiated. */
  readonly loss: OpNode;
  /** Fixed places: parameters, their gradients, inputs, sums. */
  readonly fixed: (tensor: Tensor, role: 'value' | 'gradient') => Buffer | undefined;
  /** A buffer prepared once per version of the parameters, shared by all programs; `prepare` is emitted on first use. */
  readonly prepared: (key: string, bytes: number, prepare: (program: Program, buffer: Buffer) => void) => Buffer;
  /** Makes sure that labels are below `classes` before a run. */
  readonly checkLabels: (labels: Tensor, classes: number) => void;
}

/** Nodes that a matmul or convolution computes as it writes its output. */
export interface FusedEpilogue {
  readonly bias: Buffer | 0;
  readonly code: number;
  readonly output: Buffer;
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
  readonly #fused = new Set<OpNode>();

  constructor(options: EmitterOptions) {
    this.#options = options;
    this.mode = options.mode;
    this.samples = options.samples;
    this.kernels = options.kernels;
    this.prepared = options.prepared;
  }

  readonly call: Program['call'] = (kernel, ...given) => this.program.call(kernel, ...given);

  temporary(elements: number): Buffer {
    return this.program.temporary(elements);
  }

  /** Elements of a tensor over all samples of the program. */
  elements(tensor: Tensor): number {
    return elementsOf(tensor.shape) * (tensor.kind === 'batch' ? this.samples : 1);
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

  /** Labels as i32, checked before each run to be below `classes`. */
  labels(tensor: Tensor, classes: number): Buffer {
    this.#options.checkLabels(tensor, classes);
    if (tensor.type === 'i32') return this.value(tensor);
    const known = this.#widenedLabels.get(tensor);
    if (known !== undefined) return known;
    const buffer = this.temporary(this.samples);
    this.call('widenLabels', buffer, this.value(tensor), this.samples);
    this.#widenedLabels.set(tensor, buffer);
    return buffer;
  }

  /** A buffer that forward and backward share, made by whichever needs it first. */
  derived(key: string, make: () => Buffer): Buffer {
    const buffer = this.#derived.get(key) ?? make();
    this.#derived.set(key, buffer);
    return buffer;
  }

  /** True if the program differentiates this node. */
  isLoss(node: OpNode): boolean {
    return this.mode === 'training' && node === this.#options.loss;
  }

  /** True if the node was computed by the epilogue of an earlier one. */
  isFused(node: OpNode): boolean {
    return this.#fused.has(node);
  }

  /** Takes over the bias and ReLU that follow a node, where nothing else needs the values in between. */
  fuseEpilogue(node: OpNode): FusedEpilogue {
    const biasNode = this.#onlyUser(node.output, 'bias');
    if (biasNode === undefined) return { bias: 0, code: epilogueCodes.none, output: this.value(node.output) };
    const reluNode = this.#onlyUser(biasNode.output, 'relu');
    const last = reluNode ?? biasNode;
    this.#fused.add(biasNode);
    if (reluNode !== undefined) this.#fused.add(reluNode);
    const [, bias] = biasNode.inputs;
    if (bias === undefined) throw new Error(`node ${biasNode.name} has no bias`);
    return {
      bias: this.value(bias),
      code: reluNode === undefined ? epilogueCodes.none : epilogueCodes.relu,
      output: this.value(last.output),
    };
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
    if (!this.needsGradient(tensor)) return;
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

  #onlyUser(tensor: Tensor, op: string): OpNode | undefined {
    const [user, ...others] = this.#usersOf(tensor);
    const fits = user?.op.name === op && user.inputs[0] === tensor && others.length === 0;
    return fits && !this.#options.outputs.has(tensor) ? user : undefined;
  }
}
