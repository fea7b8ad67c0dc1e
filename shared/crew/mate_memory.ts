// The memory that the lead of a crew shares with one mate: what the mate is to do, its samples, and what it answers.
//
// Each word has one writer. The lead writes a task (terms and samples), then `task`, which the mate waits for; the mate
// writes its answers, then `answered`, which the lead waits for: it names the task and how many of its parts are there.
// Everything else is read only behind these, so it needs no atomics. A mate that is given up keeps its memory for itself:
// what it still writes disturbs nobody.

/** Sizes of that memory, the same on both sides. */
export interface MateRoom {
  /** Bytes of the samples of a stretch, packed. */
  readonly samples: number;
  /** f32 elements of a gradient. */
  readonly gradient: number;
  /** Gradients that a stretch is answered with, at most. */
  readonly gradients: number;
  /** Parts of a stretch, at most 126. */
  readonly parts: number;
  /** Sums of a part: of the loss and of each metric. */
  readonly sums: number;
}

/** Int32 words, each in a cache line of its own, as one is written while another is watched. */
const words = { ready: 0, task: 16, answered: 32, calledOff: 48 } as const;

const wordElements = 64;

/** `answered` is so many times the task, and the number of its parts that are there; so many if the others will not come. */
const partsPerTask = 128;
const noMore = partsPerTask - 1;

/** Tasks are numbered from 1 to this, and then from 1 again. */
export const lastTask = 2 ** 24 - 1;

/** What a task is, as numbers; its parts follow, `first` and `units` of each. */
export const terms = { kind: 0, step: 1, first: 2, count: 3, parameters: 4, frozen: 5, samples: 6, parts: 7 } as const;

const fixedTerms = 8;

const alignment = 64;

export class MateMemory {
  /** For the thread that shares it. */
  readonly buffer: SharedArrayBuffer;
  readonly room: MateRoom;
  readonly terms: Float64Array;
  /** Of the stretch, packed as `packSamples` does. */
  readonly samples: Uint8Array;
  /** Of each part. */
  readonly sums: readonly Float64Array[];
  /** Of each part, where it has one. */
  readonly gradients: readonly Float32Array[];
  readonly #words: Int32Array;

  /** @param buffer what another thread has made; made anew if left out */
  constructor(room: MateRoom, buffer?: SharedArrayBuffer) {
    const { samples, gradient, gradients, parts, sums } = room;
    const termsAt = 4 * wordElements;
    const sumsAt = align(termsAt + 8 * (fixedTerms + 2 * parts));
    const samplesAt = align(sumsAt + 8 * sums * parts);
    const gradientsAt = align(samplesAt + samples);
    const gradientBytes = align(4 * gradient);
    this.room = room;
    this.buffer = buffer ?? new SharedArrayBuffer(gradientsAt + gradients * gradientBytes);
    this.#words = new Int32Array(this.buffer, 0, wordElements);
    this.terms = new Float64Array(this.buffer, termsAt, fixedTerms + 2 * parts);
    this.samples = new Uint8Array(this.buffer, samplesAt, samples);
    this.sums = Array.from({ length: parts }, (_, part) => {
      return new Float64Array(this.buffer, sumsAt + 8 * sums * part, sums);
    });
    this.gradients = Array.from({ length: gradients }, (_, part) => {
      return new Float32Array(this.buffer, gradientsAt + gradientBytes * part, gradient);
    });
  }

  term(name: keyof typeof terms): number {
    return this.terms[terms[name]] ?? Number.NaN;
  }

  /** Where a part begins, counted from the work's own first unit. */
  partFirst(part: number): number {
    return this.terms[fixedTerms + 2 * part] ?? Number.NaN;
  }

  partUnits(part: number): number {
    return this.terms[fixedTerms + 2 * part + 1] ?? Number.NaN;
  }

  setPart(part: number, first: number, units: number): void {
    this.terms[fixedTerms + 2 * part] = first;
    this.terms[fixedTerms + 2 * part + 1] = units;
  }

  // What the lead does.

  /** Whether the mate can compute. */
  get isReady(): boolean {
    return Atomics.load(this.#words, words.ready) === 1;
  }

  /** Gives the mate what stands in terms and samples as this task, where it is through with the last. */
  publish(task: number): void {
    Atomics.store(this.#words, words.task, task);
    Atomics.notify(this.#words, words.task);
  }

  /** For `awaitMore`. */
  get answered(): number {
    return Atomics.load(this.#words, words.answered);
  }

  /** Parts of a task that are there. */
  partsOf(task: number): number {
    const parts = this.answered - partsPerTask * task;
    return parts >= 0 && parts < noMore ? parts : 0;
  }

  /** Whether the mate is through with a task: it has answered all, or no more will come. */
  isThrough(task: number): boolean {
    const parts = this.answered - partsPerTask * task;
    return parts === this.term('parts') || parts === noMore;
  }

  /** Waits until `answered` is another than it was, for so many milliseconds at most. */
  awaitMore(was: number, milliseconds: number): void {
    Atomics.wait(this.#words, words.answered, was, milliseconds);
  }

  /** Nothing more of this task is needed. */
  callOff(task: number): void {
    Atomics.store(this.#words, words.calledOff, task);
  }

  // What the mate does.

  becomeReady(): void {
    Atomics.store(this.#words, words.ready, 1);
  }

  get task(): number {
    return Atomics.load(this.#words, words.task);
  }

  /** Waits for another task than the last one. */
  awaitTask(last: number): void {
    Atomics.wait(this.#words, words.task, last);
  }

  isCalledOff(task: number): boolean {
    return Atomics.load(this.#words, words.calledOff) === task;
  }

  /** So many parts of the task are answered. */
  answer(task: number, parts: number): void {
    this.#tell(partsPerTask * task + parts);
  }

  /** No more of the task will be answered. */
  endTask(task: number): void {
    this.#tell(partsPerTask * task + noMore);
  }

  #tell(answered: number): void {
    Atomics.store(this.#words, words.answered, answered);
    Atomics.notify(this.#words, words.answered);
  }
}

function align(bytes: number): number {
  return Math.ceil(bytes / alignment) * alignment;
}
