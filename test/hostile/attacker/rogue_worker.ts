// A worker that knows the protocol and need not keep to it: it joins a run as honest ones do, and is then free to lie.

import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import { decodeAssignedJob } from '../../../shared/protocol/assigned_job.ts';
import { createToWorkerDecoder, type Received } from '../../../shared/protocol/decode.ts';
import { encodeToCoordinator } from '../../../shared/protocol/encode.ts';
import {
  type Contribution,
  type Hello,
  type Lease,
  protocolVersion,
  type ToCoordinator,
  type ToWorker,
} from '../../../shared/protocol/messages.ts';
import type { Computation } from '../../../worker/session/computation.ts';
import { openEngine } from '../../../worker/session/engine.ts';
import { greatestLimits } from '../../../worker/session/limits.ts';
import { atOnce } from '../../worker/session/at_once.ts';
import type { Control, Target } from '../attack.ts';
import { attacker } from './raw_connection.ts';

/** Loaded once for a process: what makes a hello believable. */
const engine = openEngine();

/** The answer to a lease before it is sent. */
export interface Answer {
  readonly contribution: Contribution;
  readonly gradient: Uint8Array;
}

export type Lie = (answer: Answer) => Answer;

export async function honestHello({ workerToken }: Target): Promise<Hello> {
  const { digest, probes } = await engine;
  return {
    type: 'hello',
    protocol: protocolVersion,
    engineDigest: digest,
    probes,
    kind: 'node',
    cores: 1,
    token: workerToken,
  };
}

export class RogueWorker {
  /** Resolves when the connection is gone, with how: "closed 4400". */
  readonly closed: Promise<string>;
  readonly #webSocket: WebSocket;
  readonly #decoder = createToWorkerDecoder({ maximumPayload: 1 << 30 });
  readonly #arrived: Received<ToWorker>[] = [];
  /** Whether heartbeats are left unanswered, so that nothing comes between the frames of a message. */
  isMute = false;
  #onArrival: () => void = () => undefined;
  #isClosed = false;
  #computation: Computation | undefined;
  /** The version of the parameters held. */
  #version = -1;
  #parameters = new Uint8Array(0);

  private constructor(webSocket: WebSocket) {
    this.#webSocket = webSocket;
    webSocket.on('message', (data) => this.#receive(data));
    webSocket.on('error', () => undefined); // Its close follows.
    this.closed = new Promise((resolve) =>
      webSocket.once('close', (code: number) => {
        this.#isClosed = true;
        resolve(code === 1006 ? 'cut' : `closed ${code}`);
        this.#onArrival();
      }),
    );
  }

  /** Opens a WebSocket and says nothing yet. @throws {Error} naming the status, like "HTTP 503", if that is refused. */
  static open({ host, port }: Target, { signal }: Control, from = attacker.address): Promise<RogueWorker> {
    return new Promise((resolve, reject) => {
      const options = { localAddress: from, perMessageDeflate: false, skipUTF8Validation: true, generateMask };
      const webSocket = new WebSocket(`ws://${host}:${port}/worker`, options);
      const end = () => webSocket.terminate();
      signal.addEventListener('abort', end, { once: true });
      const worker = new RogueWorker(webSocket);
      webSocket.once('open', () => resolve(worker));
      webSocket.once('unexpected-response', (_, response) => {
        reject(new Error(`HTTP ${response.statusCode}`));
        webSocket.terminate();
      });
      webSocket.once('error', reject);
      worker.closed.then((how) => {
        signal.removeEventListener('abort', end);
        reject(new Error(how));
      });
    });
  }

  /**
   * Joins a run as an honest worker does.
   * @param holds digest of frozen weights that it claims to have
   * @throws {Error} naming how it was refused.
   */
  static async join(target: Target, control: Control, from?: string, holds?: string): Promise<RogueWorker> {
    const worker = await RogueWorker.open(target, control, from);
    const welcome = await worker.greet(target, holds);
    worker.#computation = await (await engine).load(decodeAssignedJob(welcome.payload), greatestLimits);
    return worker;
  }

  /** As `join`, without a model: such a worker can compute nothing, and a thousand of them cost little. */
  static async joinIdly(target: Target, control: Control, from?: string): Promise<RogueWorker> {
    const worker = await RogueWorker.open(target, control, from);
    await worker.greet(target);
    return worker;
  }

  get socket(): Socket {
    const { _socket: socket } = this.#webSocket as unknown as { readonly _socket: Socket };
    return socket;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Bytes of a gradient, once the worker has joined. */
  get gradientBytes(): number {
    return this.#computation?.parameterBytes ?? 0;
  }

  send(message: ToCoordinator, payload?: Uint8Array): void {
    this.sendFrames(encodeToCoordinator(message, payload));
  }

  sendFrames(frames: readonly Uint8Array[]): void {
    for (const frame of frames) this.#webSocket.send(frame, () => undefined);
  }

  /** The next message of a type, the others dropped; undefined if the connection ends before. */
  async next<Type extends ToWorker['type']>(
    type: Type,
  ): Promise<(Received<ToWorker> & { readonly message: Extract<ToWorker, { type: Type }> }) | undefined> {
    for (;;) {
      for (let received = this.#arrived.shift(); received !== undefined; received = this.#arrived.shift()) {
        const { message, payload } = received;
        if (message.type === type) return { message: message as Extract<ToWorker, { type: Type }>, payload };
      }
      if (this.#isClosed) return undefined;
      await new Promise<void>((resolve) => {
        this.#onArrival = resolve;
      });
    }
  }

  /** The right answer to a lease; undefined if that is for other parameters than are held. */
  compute(lease: Lease, samples: Uint8Array): Answer | undefined {
    const computation = this.#computation;
    if (computation === undefined || lease.parameters !== this.#version) return undefined;
    computation.parameterMemory().set(this.#parameters);
    computation.parametersChanged();
    const { payload, ...sums } = atOnce(computation.compute(lease, samples, () => undefined));
    return { contribution: contributionTo(lease, sums), gradient: new Uint8Array(payload) };
  }

  /** An answer that costs no computation: zeros. */
  idleAnswer(lease: Lease): Answer {
    const gradient = new Uint8Array(lease.work.kind === 'gradient' ? this.gradientBytes : 0);
    return {
      contribution: contributionTo(lease, { samples: lease.samples, lossSum: 0, metricSums: { accuracy: 0 } }),
      gradient,
    };
  }

  answer({ contribution, gradient }: Answer): void {
    this.send(contribution, gradient);
  }

  /** Answers each lease with a lie until the connection ends; says how. @param honest leases answered rightly before */
  async lie(lie: Lie, honest = 0): Promise<string> {
    for (let answered = 0; ; answered++) {
      const received = await this.next('lease');
      if (received === undefined) return this.closed;
      const right = this.compute(received.message, received.payload);
      if (right !== undefined) this.answer(answered < honest ? right : lie(right));
    }
  }

  /** Says a believable hello. @throws {Error} naming how it was refused. */
  async greet(target: Target, holds?: string): Promise<Received<ToWorker>> {
    this.send({ ...(await honestHello(target)), ...(holds !== undefined && { holds }) });
    const welcome = await this.next('welcome');
    if (welcome === undefined) throw new Error(await this.closed);
    return welcome;
  }

  leave(): void {
    this.#webSocket.terminate();
  }

  [Symbol.dispose](): void {
    this.leave();
  }

  #receive(data: WebSocket.RawData): void {
    if (!Buffer.isBuffer(data)) return;
    const received = this.#decoder.push(data);
    if (received === undefined) return;
    const { message, payload } = received;
    if (message.type === 'parameters') {
      this.#version = message.step;
      this.#parameters = new Uint8Array(payload);
    } else if (message.type === 'heartbeat') {
      if (!this.isMute) this.send(message);
    } else {
      this.#arrived.push({ message, payload: new Uint8Array(payload) });
      this.#onArrival();
    }
  }
}

function contributionTo(
  { lease, work }: Lease,
  { samples, lossSum, metricSums }: Pick<Contribution, 'samples' | 'lossSum' | 'metricSums'>,
): Contribution {
  return { type: 'contribution', lease, work, samples, lossSum, metricSums: { ...metricSums }, milliseconds: 1 };
}

/** Zeros, which spare both ends the work. */
function generateMask(mask: Buffer): void {
  mask.fill(0);
}
