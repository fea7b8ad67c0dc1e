// What one pass over an answer's numbers tells: whether all are finite, how large they are, and a digest by which two
// answers can be compared when one of them is gone. See shared/kernels/digest/digest.ts for how it is computed.
//
// Two answers with gradients of one length that differ anywhere, chosen without knowing the random key, have the same
// digest with a probability of at most 2^-32 + (n + 512) / 2^61: NH, then a polynomial of degree n, then 53 bits kept; n is
// 2 for each KiB of gradient and each sum. Sums alone: (n + 512) / 2^61. Whoever knows the key can find two such answers.

import { decodeBase64 } from '../base64.ts';
import type { Engine } from '../engine/engine.ts';
import type { Pointer } from '../engine/kernels.ts';
import { binary } from './generated/digest.ts';

/** Random bytes that a key is made of. */
export const digestKeyBytes = 1040;

/** The kernel's own memory behind the key. */
const scratchBytes = 32;

export interface Inspection {
  /** Whether every value, of the gradient and of the sums, is finite. */
  readonly isFinite: boolean;
  /** Euclidean norm of the gradient, 0 without one; rounded, so not for verdicts. */
  readonly norm: number;
  /** A whole number below 2^53. */
  readonly digest: number;
}

/** A type, not an interface, so that the exports of an instance can be taken for it. */
type DigestKernel = {
  readonly begin: (input: number, bytes: number, key: number) => void;
  readonly absorb: (value: number) => void;
  readonly finish: (key: number) => number;
  readonly sumOfSquares: () => number;
};

const module = new WebAssembly.Module(decodeBase64(binary));

/** Inspects answers whose gradients lie in an engine's memory. */
export class AnswerDigest {
  readonly #engine: Engine;
  readonly #kernel: DigestKernel;
  readonly #key: Pointer;

  /** @throws {RangeError} if the key has another length. */
  constructor(engine: Engine, key: Uint8Array) {
    this.#engine = engine;
    this.#kernel = new WebAssembly.Instance(module, { env: { memory: engine.memory } }).exports as DigestKernel;
    this.#key = engine.allocate(digestKeyBytes + scratchBytes);
    this.useKey(key);
  }

  /** The digests from now on are those of another key. @throws {RangeError} if it has another length. */
  useKey(key: Uint8Array): void {
    const { length } = key;
    if (length !== digestKeyBytes) throw new RangeError(`a digest key of ${length} bytes, not ${digestKeyBytes}`);
    this.#engine.bytes(this.#key, digestKeyBytes).set(key);
  }

  /** The key in use, as a copy. */
  get key(): Uint8Array {
    return this.#engine.bytes(this.#key, digestKeyBytes).slice();
  }

  /**
   * @param elements f32 values of the gradient at `gradient`; 0 for an answer without one
   * @param sumAt the sums that belong to the answer, in an order that is always the same
   */
  inspect(gradient: Pointer, elements: number, sums: ArrayLike<number>): Inspection {
    const { begin, absorb, finish, sumOfSquares } = this.#kernel;
    begin(gradient, 4 * elements, this.#key);
    let areFinite = true;
    for (let index = 0; index < sums.length; index++) {
      const sum = sums[index] ?? Number.NaN;
      absorb(sum);
      areFinite &&= Number.isFinite(sum);
    }
    const squares = sumOfSquares();
    return { isFinite: areFinite && Number.isFinite(squares), norm: Math.sqrt(squares), digest: finish(this.#key) };
  }
}
