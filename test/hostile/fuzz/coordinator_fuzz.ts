// The whole coordinator under mutated frames, in this process and in virtual time: peers that are honest up to a point.

import { prepareJob } from '../../../coordinator/computation/prepared_job.ts';
import type { OnSocket } from '../../../coordinator/connections/worker_socket.ts';
import { type Coordinator, startCoordinator } from '../../../coordinator/coordinator.ts';
import type { WorkerId } from '../../../coordinator/training/lease.ts';
import { textRefused } from '../../../shared/protocol/close_codes.ts';
import { type Hello, protocolVersion } from '../../../shared/protocol/messages.ts';
import { openEngine } from '../../../worker/session/engine.ts';
import { tinyDataSet, tinyJob } from '../../coordinator/tiny_job.ts';
import { Random } from '../../simulation/random.ts';
import { VirtualTime } from '../../simulation/virtual_time.ts';
import { FuzzPeer, type LoadModel, loadOnce } from './fuzz_peer.ts';
import { mutate, mutateHeader, mutatePayload } from './mutation.ts';
import { FuzzFailure, heapAfterCollection, longestCall, mostGrowth, timeOf } from './watch.ts';

export interface FuzzOptions {
  readonly seed: number;
  readonly inputs: number;
  /** Told now and then how many inputs there were. */
  readonly onProgress?: (inputs: number, words: string) => void;
}

/** Connections at a time. */
const maximumPeers = 12;

/** Inputs between two looks at what is held. */
const lookInterval = 500;

/** A run of the tiny job that outlives every fuzz. */
const endlessJob = { ...tinyJob, epochs: 1_000_000 };

class CoordinatorFuzz {
  readonly #options: FuzzOptions;
  readonly #random: Random;
  readonly #time = new VirtualTime();
  readonly #hello: Hello;
  readonly #load: LoadModel;
  readonly #peers: FuzzPeer[] = [];
  readonly #honest: FuzzPeer;
  #coordinator: Coordinator | undefined;
  #admit: OnSocket | undefined;
  #input = 0;
  #ids = 0;
  #bytes: Uint8Array | undefined;
  #failure: unknown;

  constructor(options: FuzzOptions, hello: Hello, load: LoadModel) {
    this.#options = options;
    this.#random = new Random(options.seed);
    this.#hello = hello;
    this.#load = load;
    this.#honest = this.#newPeer();
  }

  async run(): Promise<number> {
    const coordinator = await this.#start();
    await this.#greet(this.#honest);
    const { inputs } = this.#options;
    let heap = 0;
    for (this.#input = 1; this.#input <= inputs; this.#input++) {
      await this.#strike();
      await this.#goOn();
      if (this.#failure !== undefined) throw this.#fault(`threw ${describe(this.#failure)}`);
      if (coordinator.isOver)
        throw this.#fault(`ended the run: ${await coordinator.outcome.then(() => 'done', describe)}`);
      if (this.#input % lookInterval === 0) this.#checkHoldings(coordinator);
      // A tenth of the inputs warm up.
      if (this.#input === Math.ceil(inputs / 10)) heap = await heapAfterCollection();
    }
    if (inputs >= 20_000) this.#checkGrowth((await heapAfterCollection()) - heap);
    const { step } = coordinator;
    await coordinator.close();
    return step;
  }

  async #start(): Promise<Coordinator> {
    const clock = this.#time.clockOf(() => true);
    this.#coordinator = await startCoordinator({
      prepared: await prepareJob(endlessJob, tinyDataSet),
      listen: { host: 'simulated', port: 1 },
      ownShare: 'nothing',
      platform: {
        clock,
        listen: async ({ port }) => ({
          port,
          admit: (onSocket) => {
            this.#admit = onSocket;
          },
          close: async () => undefined,
        }),
        nextTurn: (callback) => void clock.schedule(0.1, callback),
        newWorkerId: () => `worker-${this.#ids++}` as WorkerId,
      },
    });
    this.#coordinator.outcome.catch((error: unknown) => {
      this.#failure ??= error;
    });
    return this.#coordinator;
  }

  #newPeer(): FuzzPeer {
    return new FuzzPeer(this.#load, this.#hello);
  }

  async #greet(peer: FuzzPeer): Promise<void> {
    this.#guard(() => this.#admit?.(peer.open, `10.0.${this.#random.below(40)}.1`));
    for (const frame of peer.nextFrames()) this.#guard(() => peer.handlers?.onFrame(frame));
    await new Promise(setImmediate);
  }

  /** One input: something that is nearly right, over one of the connections. */
  async #strike(): Promise<void> {
    const random = this.#random;
    let peer = random.pick(this.#peers);
    if (peer === undefined || (this.#peers.length < maximumPeers && random.chance(0.05))) {
      peer = this.#newPeer();
      const opened = peer;
      this.#guard(() => this.#admit?.(opened.open, `10.1.${random.below(200)}.${random.below(200)}`));
      this.#peers.push(peer);
    }
    const { handlers } = peer;
    const kind = random.next();
    if (kind < 0.01) this.#guard(() => handlers?.onRefused(textRefused()));
    else if (kind < 0.02) this.#leave(peer);
    else for (const frame of this.#framesOf(peer)) this.#deliver(peer, this.#mutated(frame));
    if (peer.isClosed) this.#leave(peer);
  }

  /** What it has to say, or what it has said once more. */
  #framesOf(peer: FuzzPeer): readonly Uint8Array[] {
    const frames = peer.nextFrames();
    return frames.length > 0 ? frames : peer.lastFrames;
  }

  #leave(peer: FuzzPeer): void {
    const reason = Buffer.from(mutate(Buffer.from('bye'), this.#random)).toString('latin1');
    this.#guard(() => peer.handlers?.onClosed(1006, reason));
    const index = this.#peers.indexOf(peer);
    if (index >= 0) this.#peers.splice(index, 1);
  }

  #mutated(frame: Uint8Array): Uint8Array {
    const kind = this.#random.next();
    if (kind < 0.3) return frame;
    if (kind < 0.4) return mutate(frame, this.#random);
    return kind < 0.9 ? mutateHeader(frame, this.#random) : mutatePayload(frame, this.#random);
  }

  /** Whole, or in pieces cut anywhere. */
  #deliver({ handlers }: FuzzPeer, frame: Uint8Array): void {
    this.#bytes = frame;
    if (handlers === undefined) return;
    if (this.#random.chance(0.5)) {
      this.#guard(() => handlers.onFrame(frame));
      return;
    }
    const bytes = new Uint8Array(frame); // The coordinator may unmask in place.
    this.#guard(() => handlers.onFrameStart(bytes.length));
    for (let start = 0; start < bytes.length; ) {
      const end = start + 1 + this.#random.below(bytes.length - start);
      const piece = bytes.subarray(start, end);
      this.#guard(() => handlers.onFramePiece(piece));
      start = end;
    }
  }

  /** The honest worker answers, and time passes. */
  async #goOn(): Promise<void> {
    if (this.#input % 20 !== 0) {
      this.#pass(2);
      return;
    }
    if (this.#honest.isClosed) throw this.#fault('cost the honest worker its connection');
    for (const frame of this.#honest.nextFrames()) this.#guard(() => this.#honest.handlers?.onFrame(frame));
    this.#pass(20);
    await new Promise(setImmediate);
  }

  #pass(milliseconds: number): void {
    const until = this.#time.now + milliseconds;
    while ((this.#time.next ?? Number.POSITIVE_INFINITY) <= until) this.#guard(() => this.#time.step());
    this.#time.now = until;
  }

  /** A call that must neither throw nor take long. */
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
    // Warm-up: code is compiled, and the model with it.
    if (time > longestCall && this.#input > this.#options.inputs / 10) throw this.#fault(`took ${time.toFixed(0)} ms`);
  }

  #checkHoldings({ holdings: { leases, gradients, workers } }: Coordinator): void {
    this.#options.onProgress?.(this.#input, `${workers} workers, ${leases} leases, ${gradients} gradients`);
    if (workers > maximumPeers + 1)
      throw this.#fault(`${workers} workers are held for ${maximumPeers + 1} connections`);
    if (leases > 3 * (workers + 1)) throw this.#fault(`${leases} leases are held for ${workers} workers`);
    if (gradients > leases + 12) throw this.#fault(`${gradients} gradients are held for ${leases} leases`);
  }

  #checkGrowth(bytes: number): void {
    if (bytes > mostGrowth) throw this.#fault(`the heap grew by ${(bytes / 1e6).toFixed(1)} MB`);
  }

  #fault(what: string): FuzzFailure {
    const { seed } = this.#options;
    return new FuzzFailure(what, {
      seed,
      input: this.#input,
      ...(this.#bytes === undefined ? {} : { bytes: this.#bytes }),
    });
  }
}

function describe(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
}

/** @returns the steps that the run did meanwhile @throws {FuzzFailure} with the seed and the input that shows it. */
export async function fuzzCoordinator(options: FuzzOptions): Promise<number> {
  const engine = await openEngine();
  const hello: Hello = {
    type: 'hello',
    protocol: protocolVersion,
    engineDigest: engine.digest,
    probes: engine.probes,
    kind: 'node',
    cores: 1,
  };
  return new CoordinatorFuzz(options, hello, loadOnce(engine)).run();
}
