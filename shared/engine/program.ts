// A program: kernel calls in order, over buffers that have no address yet and variables whose values are set before each
// run. Ops write it, a plan places and runs it.

import { operationsOf, productsOf } from './arithmetic.ts';
import type { Kernels } from './generated/kernels.ts';
import type { Pointer } from './kernels.ts';
import type { OpNode } from './ops/op.ts';

/** A buffer of a program, before it has an address. */
export interface Buffer {
  readonly bytes: number;
  /** `fixed` buffers lie at a known address; `temporary` ones are placed by their lifetimes. */
  readonly place: { readonly kind: 'fixed'; readonly pointer: Pointer } | { readonly kind: 'temporary' };
}

/** What a run computes: counters for random draws. Small integers, which V8 does not box. */
export interface ProgramVariables {
  /** The step, from 0 to 2^30 − 1. */
  step: number;
  /** Position in the step's mini-batch of the first sample that the program computes. */
  firstSample: number;
}

/** Stands for a variable's value among a kernel's arguments. */
export interface Variable {
  readonly variable: keyof ProgramVariables;
}

/** A kernel's arguments with buffers in the place of pointers. */
type Arguments<Parameters extends readonly unknown[]> = {
  readonly [index in keyof Parameters]: Parameters[index] extends Pointer | 0
    ? Buffer | Extract<Parameters[index], 0>
    : number | Variable;
};

type Argument = Buffer | Variable | number;

/** What a call needs to be made. */
export interface Binding {
  readonly kernels: Kernels;
  readonly address: (buffer: Buffer) => Pointer;
  /** Read at each call. */
  readonly variables: ProgramVariables;
}

/** On whose behalf calls are written. */
export interface Origin {
  readonly node: OpNode;
  readonly phase: 'forward' | 'backward';
}

export interface Call {
  readonly kernel: keyof Kernels;
  /** Undefined where calls are of no node. */
  readonly origin: Origin | undefined;
  /** The buffers the call touches. */
  readonly buffers: readonly Buffer[];
  /** Floating-point operations, estimated: more rather than less. */
  readonly operations: number;
  /** Those of the products alone, counted. */
  readonly products: number;
  /** Resolves the addresses; the result makes the call and allocates nothing. */
  readonly bind: (binding: Binding) => () => void;
}

/** A buffer at a known address. */
export function fixedBuffer(pointer: Pointer, bytes: number): Buffer {
  return { bytes, place: { kind: 'fixed', pointer } };
}

export class Program {
  readonly calls: Call[] = [];
  /** Of the calls that are written from now on. */
  origin: Origin | undefined;

  /** A buffer of f32 (or i32) elements that lives from the first to the last call that touches it. */
  temporary(elements: number): Buffer {
    return { bytes: 4 * elements, place: { kind: 'temporary' } };
  }

  call<Name extends keyof Kernels>(kernel: Name, ...given: Arguments<Parameters<Kernels[Name]>>): void {
    const all: readonly Argument[] = given;
    const buffers = all.filter(isBuffer);
    const numbers = all.map((each) => (typeof each === 'number' ? each : 0));
    const bytes = buffers.reduce((sum, buffer) => sum + buffer.bytes, 0);
    this.calls.push({
      kernel,
      origin: this.origin,
      buffers,
      operations: operationsOf(kernel, numbers, bytes),
      products: productsOf(kernel, numbers),
      bind: ({ kernels, address, variables }) => {
        const resolved = all.map((each) => (isBuffer(each) ? address(each) : each));
        const run = kernels[kernel] as Kernel;
        return resolved.every((each) => typeof each === 'number')
          ? bindNumbers(run, resolved)
          : bindVariables(run, resolved, variables);
      },
    });
  }
}

function isBuffer(argument: Argument): argument is Buffer {
  return typeof argument === 'object' && 'place' in argument;
}

type Kernel = (...numbers: readonly number[]) => unknown;

/** A call with its arguments spelled out: spreading an array of numbers would make V8 box every fraction in it. */
function bindNumbers(kernel: Kernel, resolved: readonly number[]): () => void {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0, i = 0, ...others] = resolved;
  const [j = 0, k = 0, l = 0, m = 0, n = 0, o = 0, p = 0, q = 0, ...surplus] = others;
  // WebAssembly ignores surplus arguments.
  if (resolved.length <= 4) return () => kernel(a, b, c, d);
  if (resolved.length <= 9) return () => kernel(a, b, c, d, e, f, g, h, i);
  if (surplus.length === 0) return () => kernel(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q);
  throw new RangeError(`a kernel call with ${resolved.length} arguments, 17 at most`);
}

/** A call some of whose arguments are looked up each time. */
function bindVariables(
  kernel: Kernel,
  resolved: readonly (number | Variable)[],
  variables: ProgramVariables,
): () => void {
  // Holds something else than numbers first: V8 then keeps each number boxed, once, instead of boxing it at each call.
  const values: unknown[] = resolved.map(() => undefined);
  const slots: { readonly index: number; readonly name: keyof ProgramVariables }[] = [];
  resolved.forEach((each, index) => {
    if (typeof each === 'number') values[index] = each;
    else slots.push({ index, name: each.variable });
  });
  return () => {
    for (let at = 0; at < slots.length; at++) {
      const slot = slots[at];
      if (slot !== undefined) values[slot.index] = variables[slot.name];
    }
    kernel(...(values as readonly number[]));
  };
}
