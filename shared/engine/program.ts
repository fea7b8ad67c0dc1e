// A program: kernel calls in order, over buffers that have no address yet. Ops write it, a plan places and runs it.

import type { Kernels } from './generated/kernels.ts';
import type { Pointer } from './kernels.ts';

/** A buffer of a program, before it has an address. */
export interface Buffer {
  readonly bytes: number;
  /** `fixed` buffers lie at a known address; `temporary` ones are placed by their lifetimes. */
  readonly place: { readonly kind: 'fixed'; readonly pointer: Pointer } | { readonly kind: 'temporary' };
}

/** A kernel's arguments with buffers in the place of pointers. */
type Arguments<Parameters extends readonly unknown[]> = {
  readonly [index in keyof Parameters]: Parameters[index] extends Pointer | 0
    ? Buffer | Extract<Parameters[index], 0>
    : number;
};

export interface Call {
  /** The buffers the call touches. */
  readonly buffers: readonly Buffer[];
  /** Resolves the addresses; the result makes the call and allocates nothing. */
  readonly bind: (kernels: Kernels, address: (buffer: Buffer) => Pointer) => () => void;
}

/** A buffer at a known address. */
export function fixedBuffer(pointer: Pointer, bytes: number): Buffer {
  return { bytes, place: { kind: 'fixed', pointer } };
}

export class Program {
  readonly calls: Call[] = [];

  /** A buffer of f32 (or i32) elements that lives from the first to the last call that touches it. */
  temporary(elements: number): Buffer {
    return { bytes: 4 * elements, place: { kind: 'temporary' } };
  }

  call<Name extends keyof Kernels>(kernel: Name, ...given: Arguments<Parameters<Kernels[Name]>>): void {
    const buffers = (given as readonly (Buffer | number)[]).filter((each) => typeof each === 'object');
    this.calls.push({
      buffers,
      bind: (kernels, address) => {
        const resolved = (given as readonly (Buffer | number)[]).map((each) =>
          typeof each === 'object' ? address(each) : each,
        );
        return bindArguments(kernels[kernel] as (...resolved: number[]) => unknown, resolved);
      },
    });
  }
}

/**
 * A call with its arguments spelled out: spreading an array at each call would make V8 box every fraction in it.
 * Convolutions take the most, 17.
 */
function bindArguments(kernel: (...resolved: number[]) => unknown, resolved: readonly number[]): () => void {
  const [
    a = 0,
    b = 0,
    c = 0,
    d = 0,
    e = 0,
    f = 0,
    g = 0,
    h = 0,
    i = 0,
    j = 0,
    k = 0,
    l = 0,
    m = 0,
    n = 0,
    o = 0,
    p = 0,
    q = 0,
  ] = resolved;
  // WebAssembly ignores surplus arguments.
  if (resolved.length <= 4) return () => kernel(a, b, c, d);
  if (resolved.length <= 9) return () => kernel(a, b, c, d, e, f, g, h, i);
  if (resolved.length <= 17) return () => kernel(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q);
  throw new RangeError(`a kernel call with ${resolved.length} arguments`);
}
