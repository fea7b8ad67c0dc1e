// A worker's conversation under mutated frames of a valid coordinator, in this process and in virtual time.

import { packedSamplesBytes, packSamples } from '../../shared/data/samples.ts';
import { InputError } from '../../shared/errors.ts';
import { graphFromLayers } from '../../shared/model/graph_from_layers.ts';
import { encodeAssignedJob } from '../../shared/protocol/assigned_job.ts';
import type { Connection } from '../../shared/protocol/connection.ts';
import { createToCoordinatorDecoder } from '../../shared/protocol/decode.ts';
import { encodeToWorker } from '../../shared/protocol/encode.ts';
import { type Lease, protocolVersion, type ToWorker } from '../../shared/protocol/messages.ts';
import type { Computation, WorkerEngine } from '../../worker/session/computation.ts';
import { Conversation } from '../../worker/session/conversation.ts';
import { openEngine } from '../../worker/session/engine.ts';
import { workerLimitsOf } from '../../worker/session/limits.ts';
import { Random } from '../simulation/random.ts';
import { ScriptedClock } from '../worker/session/scripted.ts';
import { mutate, mutateHeader, mutatePayload } from './fuzz/mutation.ts';
import { FuzzFailure, heapAfterCollection, timeOf } from './fuzz/watch.ts';

export interface ConversationFuzzOptions {
  /** Frames to be sent. */
  readonly inputs: number;
  readonly seed: number;
  /** Told now and then how many inputs there were. */
  readonly onProgress?: (inputs: number) => void;
}

export interface ConversationFuzzReport {
  readonly conversations: number;
  /** Answers to leases that were sent. */
  readonly contributions: number;
  /** Most processor time of one call after the first tenth of the inputs, in milliseconds. */
  readonly slowestCall: number;
  /** Bytes by which the heap has grown since the first tenth of the inputs, garbage collected. */
  readonly growth: number;
}

const graph = graphFromLayers([{ type: 'dense', units: 5 }, { type: 'relu' }, { type: 'dense', units: 3 }], {
  features: { name: 'pixels', type: 'u8', shape: [6, 6, 1] },
  labels: { name: 'labels', type: 'u8', shape: [], classes: 3 },
  loss: 'softmax-cross-entropy',
});
const job = encodeAssignedJob({ numerics: 'portable', microbatchSize: 4, graph });
const parameterBytes = 4 * 203;
const mebibyte = 2 ** 20;

/** Small, so that what a mutation may make of a model stays quick. */
const limits = workerLimitsOf('tab', {
  memoryBytes: 8 * mebibyte,
  waitingBytes: mebibyte,
  messageBytes: mebibyte,
  leaseOperations: 1e8,
});

type Frames = readonly Uint8Array[];

/** What a coordinator sends in a conversation, from welcome to the end. */
function validStream(random: Random): Frames {
  const frames: Uint8Array[] = [];
  const send = (message: ToWorker, payload?: Uint8Array) => frames.push(...encodeToWorker(message, payload));
  const parameters = (step: number) => send({ type: 'parameters', step }, new Uint8Array(parameterBytes));
  send({ type: 'welcome', workerId: 'w1', jobDigest: 'ab' }, job);
  for (let step = 0; step < 3; step++) {
    parameters(step);
    send(leaseOf(random, step), samplesOf(10));
    send(leaseOf(random, step + random.below(3)), samplesOf(10));
    send({ type: 'heartbeat', beat: step + 1 });
    if (random.chance(0.1)) send({ type: 'warning', reason: 'an answer was refused' });
  }
  send({ type: 'finished', reason: 'done' });
  return frames;
}

function leaseOf(random: Random, parameters: number): Lease {
  const kind = random.chance(0.3) ? 'evaluation' : 'gradient';
  const work = { kind, step: parameters, shard: { first: 4 * random.below(4), count: 3 } } as const;
  return { type: 'lease', lease: random.below(1_000), work, parameters, samples: 10, deadline: 1_000 };
}

function samplesOf(count: number): Uint8Array {
  const pixels = Uint8Array.from({ length: 36 * count }, (_, index) => index);
  const labels = Uint8Array.from({ length: count }, (_, index) => index % 3);
  return packSamples({ count, fields: [pixels, labels] }, new Uint8Array(packedSamplesBytes(graph.inputs, count)));
}

class ConversationFuzz {
  readonly #options: ConversationFuzzOptions;
  readonly #random: Random;
  readonly #engine: WorkerEngine;
  #loading: Promise<unknown> = Promise.resolve();
  #input = 0;
  #bytes = new Uint8Array(0);
  #contributions = 0;
  #slowestCall = 0;

  constructor(options: ConversationFuzzOptions, engine: WorkerEngine, honest: Computation) {
    this.#options = options;
    this.#random = new Random(options.seed);
    const unchanged = JSON.stringify(graph);
    this.#engine = {
      ...engine,
      // A WebAssembly memory for each conversation would outrun the collector of garbage.
      load: (assigned, given) => {
        const { microbatchSize, numerics } = assigned;
        const isHonest =
          microbatchSize === 4 && numerics === 'portable' && JSON.stringify(assigned.graph) === unchanged;
        const loading = isHonest ? Promise.resolve(honest) : engine.load(assigned, given);
        this.#loading = loading.catch(() => undefined);
        return loading;
      },
    };
  }

  async run(): Promise<ConversationFuzzReport> {
    const { inputs, onProgress } = this.#options;
    let conversations = 0;
    let heap: number | undefined;
    while (this.#input < inputs) {
      await this.#converse();
      conversations += 1;
      if (heap === undefined && this.#isWarm) heap = await heapAfterCollection();
      if (conversations % 500 === 0) onProgress?.(this.#input);
    }
    const growth = (await heapAfterCollection()) - (heap ?? 0);
    return { conversations, contributions: this.#contributions, slowestCall: this.#slowestCall, growth };
  }

  /** Code has been compiled by then. */
  get #isWarm(): boolean {
    return this.#input > this.#options.inputs / 10;
  }

  async #converse(): Promise<void> {
    const clock = new ScriptedClock();
    const conversation = new Conversation({
      engine: this.#engine,
      hello: {
        type: 'hello',
        protocol: protocolVersion,
        engineDigest: this.#engine.digest,
        probes: this.#engine.probes,
        kind: 'browser',
        cores: 1,
      },
      limits,
      clock,
      onWelcome: () => undefined,
      onContribution: () => {
        this.#contributions += 1;
      },
      onWarning: () => undefined,
    });
    const ended = this.#expectToEnd(conversation);
    const link = this.#link();
    this.#guard(() => conversation.begin(link.connection));
    await this.#send(conversation, () => link.isClosed);
    this.#guard(() => conversation.handlers.onClosed(1006, ''));
    await ended;
    if (clock.pending > 0) throw this.#fault(`${clock.pending} timers are left behind`);
  }

  /** A mistake in a job may end a worker; anything else that it fails by is one of ours. */
  async #expectToEnd(conversation: Conversation): Promise<void> {
    try {
      await conversation.ended;
    } catch (error) {
      if (!(error instanceof InputError)) throw this.#fault(`failed by ${describe(error)}`);
    }
  }

  #link(): { readonly connection: Connection; readonly isClosed: boolean } {
    const decoder = createToCoordinatorDecoder({ maximumPayload: mebibyte });
    const link = { isClosed: false };
    const connection: Connection = {
      send: (frames, onSent) => {
        for (const frame of frames) decoder.push(frame);
        onSent();
      },
      close: () => {
        link.isClosed = true;
      },
    };
    return Object.assign(link, { connection });
  }

  async #send({ handlers }: Conversation, isClosed: () => boolean): Promise<void> {
    const random = this.#random;
    for (const frame of this.#disturbed(validStream(random))) {
      if (isClosed()) return;
      this.#input += 1;
      this.#bytes = new Uint8Array(frame);
      this.#guard(() => this.#hand(handlers, frame));
      await this.#loading;
      await Promise.resolve();
    }
  }

  /** Whole, or in pieces, as transports do. */
  #hand(handlers: Conversation['handlers'], frame: Uint8Array): void {
    if (frame.length === 0 || this.#random.chance(0.5)) {
      handlers.onFrame(frame);
      return;
    }
    handlers.onFrameStart(frame.length);
    for (let at = 0; at < frame.length; ) {
      const end = Math.min(frame.length, at + 1 + this.#random.below(200));
      handlers.onFramePiece(frame.subarray(at, end));
      at = end;
    }
  }

  /** Frames that are changed, sent twice, left out or in another order, one or two in a conversation. */
  #disturbed(frames: Frames): Frames {
    const random = this.#random;
    const disturbed = [...frames];
    for (let left = 1 + random.below(2); left > 0; left--) {
      const at = random.below(disturbed.length);
      const frame = disturbed[at] ?? new Uint8Array(0);
      disturbed.splice(at, 1, ...this.#changed(frame, frames));
    }
    return disturbed;
  }

  #changed(frame: Uint8Array, all: Frames): Frames {
    const random = this.#random;
    if (!all.includes(frame)) return [mutate(frame, random)]; // changed before
    const changes: readonly (() => Frames)[] = [
      () => [mutate(frame, random)],
      () => [mutateHeader(frame, random)],
      () => [mutateHeader(frame, random)],
      () => [mutatePayload(frame, random)],
      () => [frame, frame],
      () => [],
      () => [random.pick(all) ?? frame, frame],
    ];
    return random.pick(changes)?.() ?? [frame];
  }

  /** A call that must not throw. */
  #guard(call: () => void): void {
    let thrown: unknown;
    const time = timeOf(() => {
      try {
        call();
      } catch (error) {
        thrown = error;
      }
    });
    if (thrown !== undefined) throw this.#fault(`threw ${describe(thrown)}`);
    if (this.#isWarm) this.#slowestCall = Math.max(this.#slowestCall, time);
  }

  #fault(what: string): FuzzFailure {
    return new FuzzFailure(what, { seed: this.#options.seed, input: this.#input, bytes: this.#bytes });
  }
}

function describe(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
}

/** @throws {FuzzFailure} with the seed and the input that shows it, if one makes the conversation throw, or never end. */
export async function fuzzConversation(options: ConversationFuzzOptions): Promise<ConversationFuzzReport> {
  const engine = await openEngine();
  const honest = await engine.load({ numerics: 'portable', microbatchSize: 4, graph }, limits);
  return new ConversationFuzz(options, engine, honest).run();
}
