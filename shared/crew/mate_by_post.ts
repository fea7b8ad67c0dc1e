// A mate as its lead sees it where they share no memory: posts stretches to it, and takes in what comes back.

import { packedSamplesBytes, packSamples, type Samples } from '../data/samples.ts';
import type { Engine } from '../engine/engine.ts';
import type { Graph } from '../engine/graph.ts';
import type { Replica } from '../engine/replica.ts';
import { answerBytes, type Work } from '../work/work_kinds.ts';
import type { Stretch } from './cut.ts';
import {
  buffersIn,
  type FromMate,
  type PartSums,
  type Post,
  type PostedBuffers,
  type PostedTask,
} from './posted_messages.ts';

export interface MateByPostOptions {
  readonly engine: Engine;
  readonly replica: Replica;
  readonly graph: Graph;
  readonly post: Post<PostedTask>;
  /** Called whenever it has become free. */
  readonly onFree: () => void;
}

/** What was answered of a stretch; empty until it is. */
export interface AnsweredStretch {
  readonly stretch: Stretch;
  readonly sums: PartSums;
  readonly vectors: readonly ArrayBuffer[];
}

const empty = () => new ArrayBuffer(0);

type State = 'starting' | 'free' | 'busy';

export class MateByPost {
  readonly #options: MateByPostOptions;
  #state: State = 'starting';
  #buffers: PostedBuffers = { samples: empty(), parameters: empty(), frozen: empty(), vectors: [] };
  /** Versions of what it has been sent. */
  #parameters = -1;
  #frozen = -1;
  #hasAnswered = false;
  #stretch: Stretch | undefined;
  #answer: AnsweredStretch | undefined;

  constructor(options: MateByPostOptions) {
    this.#options = options;
  }

  get isFree(): boolean {
    return this.#state === 'free';
  }

  get hasAnswered(): boolean {
    return this.#hasAnswered;
  }

  /** What it has answered of the last stretch that it was lent; undefined if it has not, or could not. */
  get answer(): AnsweredStretch | undefined {
    return this.#answer;
  }

  /** Lends a stretch, with these samples, to a mate that is free. */
  lend(work: Work, stretch: Stretch, samples: Samples): void {
    const { graph, replica, post } = this.#options;
    const bytes = packedSamplesBytes(graph.inputs, samples.count);
    const vectorBytes = answerBytes(work, replica.layout);
    const former = this.#buffers;
    const buffers: PostedBuffers = {
      samples: former.samples.byteLength < bytes ? new ArrayBuffer(bytes) : former.samples,
      parameters: this.#parametersFor(former.parameters),
      frozen: this.#frozenOnce(),
      vectors:
        vectorBytes === 0
          ? former.vectors
          : stretch.parts.map((_, index) => former.vectors[index] ?? new ArrayBuffer(vectorBytes)),
    };
    packSamples(samples, new Uint8Array(buffers.samples));
    this.#state = 'busy';
    this.#stretch = stretch;
    this.#answer = undefined;
    post({ type: 'task', work, parts: stretch.parts, samples: samples.count, buffers }, buffersIn(buffers));
  }

  take(message: FromMate): void {
    if (message.type !== 'ready') {
      this.#hasAnswered = true;
      this.#buffers = { ...message.buffers, frozen: empty() };
      const stretch = this.#stretch;
      // Who knows how much of what it was sent it has taken over.
      if (message.type === 'failed') [this.#parameters, this.#frozen] = [-1, -1];
      else if (stretch !== undefined) {
        this.#answer = { stretch, sums: message.sums, vectors: message.buffers.vectors };
      }
    }
    this.#state = 'free';
    this.#options.onFree();
  }

  /** What it still answers of the last stretch is not wanted any more. */
  forget(): void {
    this.#stretch = undefined;
    this.#answer = undefined;
  }

  /** They are sent with each task, as they rarely stay the same for two; an empty buffer where they have. */
  #parametersFor(former: ArrayBuffer): ArrayBuffer {
    const { engine, replica } = this.#options;
    if (this.#parameters === replica.parametersVersion) return empty();
    this.#parameters = replica.parametersVersion;
    const bytes = 4 * replica.parameterCount;
    const memory = former.byteLength === bytes ? former : new ArrayBuffer(bytes);
    new Uint8Array(memory).set(engine.bytes(replica.parameters, bytes));
    return memory;
  }

  #frozenOnce(): ArrayBuffer {
    const { engine, replica } = this.#options;
    if (this.#frozen === replica.frozenVersion) return empty();
    this.#frozen = replica.frozenVersion;
    return new Uint8Array(engine.bytes(replica.frozen, 4 * replica.frozenCount)).buffer;
  }
}
