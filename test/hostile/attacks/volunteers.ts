// A coordinator that is hostile to those who work for it: what it can make a worker hold, compute, print or miss.

import { createHash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { freezeParameters } from '../../../shared/model/freeze.ts';
import { graphFromLayers } from '../../../shared/model/graph_from_layers.ts';
import type { Layer } from '../../../shared/model/layers/layer_registry.ts';
import { encodeAssignedJob } from '../../../shared/protocol/assigned_job.ts';
import { encodeToWorker } from '../../../shared/protocol/encode.ts';
import { packHeader } from '../../../shared/protocol/header_codec.ts';
import { maximumChunkBytes } from '../../../shared/protocol/limits.ts';
import type { ToWorker } from '../../../shared/protocol/messages.ts';
import { Command } from '../../system/processes.ts';
import { CoordinatorStub, type StubPeer } from '../../worker/process/coordinator_stub.ts';
import type { Attack, Control } from '../attack.ts';
import { protocolFrame } from '../attacker/msgpack.ts';
import { computedTime, peakMemory } from '../process_tree.ts';

/** Bytes that a worker's process may come to hold by what is sent to it. */
const memoryBound = 1_000_000_000;

type Strike = (peer: StubPeer, command: Command) => Promise<string>;

/** Lets a real worker process connect, and strikes as soon as it has said hello. */
async function against({ signal }: Control, strike: Strike): Promise<string> {
  const stub = await CoordinatorStub.start();
  // What computes outlives a supervisor that is killed alone.
  const command = new Command(['worker', stub.url.href, '--processes', '1', '--no-retry'], { leadsGroup: true });
  const end = () => command.killGroup();
  signal.addEventListener('abort', end, { once: true });
  try {
    const ended = command.finished.then(() => {
      throw new Error('the worker ended before its hello');
    });
    return await strike(await Promise.race([stub.greeted(), ended]), command);
  } finally {
    signal.removeEventListener('abort', end);
    end();
    await command.finished;
    await stub.stop();
  }
}

const labels = { name: 'labels', type: 'u8', shape: [], classes: 10 } as const;

/** A welcome with a job of these layers, on images of this side. */
function welcome(layers: readonly Layer[], side = 28, microbatchSize = 25): Uint8Array {
  const features = { name: 'images', type: 'u8', shape: [side, side, 1] } as const;
  const graph = graphFromLayers(layers, { features, labels, loss: 'softmax-cross-entropy' });
  return encodeAssignedJob({ numerics: 'portable', microbatchSize, graph });
}

const small: readonly Layer[] = [{ type: 'dense', units: 10 }];

function welcomed(peer: StubPeer, job: Uint8Array): void {
  peer.send({ type: 'welcome', workerId: 'w', jobDigest: 'd' }, job);
}

const lease = (fields: Partial<Extract<ToWorker, { type: 'lease' }>>): ToWorker => ({
  type: 'lease',
  lease: 1,
  work: { kind: 'gradient', step: 0, shard: { first: 0, count: 1 } },
  parameters: 0,
  samples: 1,
  deadline: 1e9,
  ...fields,
});

/** Sends frames while they are taken. */
async function push({ socket }: StubPeer, frames: readonly Uint8Array[]): Promise<void> {
  for (const frame of frames) {
    if (socket.readyState !== socket.OPEN) return;
    await new Promise<void>((resolve) => socket.send(frame, () => resolve()));
  }
}

/** Looks at the memory of a worker's processes now and then, for in the end they are gone. */
class MemoryWatch {
  #worst = 0;
  readonly #stopped = new AbortController();
  readonly #watching: Promise<void>;

  constructor(command: Command) {
    this.#watching = this.#watch(command);
  }

  async stop(): Promise<string> {
    this.#stopped.abort();
    await this.#watching;
    return this.#worst < memoryBound ? '' : ` with ${Math.round(this.#worst / 1e6)} MB held`;
  }

  async #watch(command: Command): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      this.#worst = Math.max(this.#worst, await peakMemory(command.pid));
      await wait(50);
    }
  }
}

/** How a worker ended its connection, and what it held at most if that was too much. */
async function endOf({ closed }: StubPeer, command: Command): Promise<string> {
  const watch = new MemoryWatch(command);
  const [code] = (await closed) as [number];
  return `closed ${code}${await watch.stop()}`;
}

const refused = /^closed (1000|1002|1009|4400|4413)$/;

function volunteer(name: string, line: Attack['line'], told: RegExp, strike: Strike): Attack {
  return { name, line, needs: 'no token', told, run: (_, control) => against(control, strike) };
}

/** 31 kB of frozen weights, beside 2,020 that are trained. */
const frozenContent = new Uint8Array(new Float32Array(785 * 10).fill(0.01).buffer);
const frozenDigest = createHash('sha256').update(frozenContent).digest('hex');

/** A welcome with a job whose first layer of so many units is frozen. */
function frozenJob(units = 10): Uint8Array {
  const features = { name: 'images', type: 'u8', shape: [28, 28, 1] } as const;
  const layers: readonly Layer[] = [{ type: 'dense', units }, { type: 'relu' }, { type: 'dense', units: 10 }];
  const graph = freezeParameters(graphFromLayers(layers, { features, labels, loss: 'softmax-cross-entropy' }), [
    'dense1.*',
  ]);
  return encodeAssignedJob({ numerics: 'portable', microbatchSize: 25, graph, frozen: frozenDigest });
}

type Lie = readonly [name: string, told: RegExp, strike: Strike];

/** Tells a worker that has been welcomed to the job with frozen weights what it must not believe. */
function frozenLie(name: string, told: RegExp, frames: () => readonly Uint8Array[]): Lie {
  return [
    name,
    told,
    async (peer, command) => {
      const end = endOf(peer, command);
      welcomed(peer, frozenJob());
      await push(peer, frames());
      return end;
    },
  ];
}

const frozenMessage = (content: Uint8Array, digest = frozenDigest) =>
  encodeToWorker({ type: 'frozen', digest }, content);

/** The header of a message with so many bytes, and the first of them. */
function beginning(header: Readonly<Record<string, unknown>>, payloadBytes: number): Uint8Array {
  const chunk = new Uint8Array(Math.min(payloadBytes, maximumChunkBytes));
  return protocolFrame(packHeader({ ...header, payloadBytes }), chunk);
}

const frozenLies: readonly Lie[] = [
  frozenLie('frozen weights of another digest than the job’s', /^closed 4400$/, () =>
    frozenMessage(frozenContent, '0'.repeat(64)),
  ),
  frozenLie('frozen weights that are not those of their digest', /^closed 4410$/, () =>
    frozenMessage(new Uint8Array(frozenContent.length)),
  ),
  frozenLie('frozen weights of a gigabyte', /^closed (4400|4413)$/, () => [
    beginning({ type: 'frozen', digest: frozenDigest }, 2 ** 30),
  ]),
  frozenLie('frozen weights again and again', /^closed 4400$/, () =>
    Array.from({ length: 100 }, () => frozenMessage(frozenContent)).flat(),
  ),
  frozenLie('parameters in the place of frozen weights', /^closed 4400$/, () =>
    encodeToWorker({ type: 'parameters', step: 0 }, new Uint8Array(4 * 110)),
  ),
  [
    'frozen weights of gigabytes in its model',
    refused,
    async (peer, command) => {
      const end = endOf(peer, command);
      welcomed(peer, frozenJob(1_000_000));
      return end;
    },
  ],
];

const forged = 'FORGED test accuracy 100.00 %\u001b[2J';

/** Whether a worker's own lines are clean. */
function linesOf(command: Command): string {
  const dirty = command.lines.find((line) => /^\W*FORGED/.test(line) || /\p{Cc}/u.test(line));
  return dirty === undefined ? 'clean' : `printed ${JSON.stringify(dirty)}`;
}

export const volunteers: readonly Attack[] = [
  volunteer('a worker: 20 leases of 100 MiB that wait', 20, refused, async (peer, command) => {
    welcomed(peer, welcome(small));
    const samples = Math.floor((100 * 1024 * 1024) / 785);
    const payload = new Uint8Array(784 * samples + Math.ceil(samples / 8) * 8);
    const end = endOf(peer, command);
    // All share what follows the first frame: an attacker that encodes gigabytes would only keep itself busy.
    const [, ...rest] = encodeToWorker(lease({ parameters: 1, samples }), payload);
    for (let id = 1; id <= 20; id++) {
      const header = packHeader({ ...lease({ lease: id, parameters: 1, samples }), payloadBytes: payload.length });
      await push(peer, [protocolFrame(header, payload.subarray(0, maximumChunkBytes)), ...rest]);
    }
    return end;
  }),
  volunteer('a worker: a model of three gigabytes', 20, refused, async (peer, command) => {
    const end = endOf(peer, command);
    welcomed(peer, welcome([{ type: 'dense', units: 1_000_000 }, { type: 'relu' }, { type: 'dense', units: 10 }]));
    return end;
  }),
  volunteer('a worker: activations of gigabytes', 20, refused, async (peer, command) => {
    const end = endOf(peer, command);
    const wide: Layer = { type: 'conv2d', filters: 64, kernelSize: 3, padding: 'same' };
    welcomed(
      peer,
      welcome([wide, { type: 'relu' }, wide, { type: 'flatten' }, { type: 'dense', units: 10 }], 224, 500),
    );
    return end;
  }),
  volunteer('a worker: minutes of computing in one lease', 20, /^ended$/, async (peer, command) => {
    const wide: Layer = { type: 'conv2d', filters: 32, kernelSize: 5, padding: 'same' };
    const layers: readonly Layer[] = [
      wide,
      wide,
      wide,
      { type: 'averagePool', size: 56 },
      { type: 'dense', units: 10 },
    ];
    welcomed(peer, welcome(layers, 112, 1));
    const samples = 1_000;
    const payload = new Uint8Array(112 * 112 * samples + samples);
    const parameters = 4 * (25 * 32 + 32 + 2 * (25 * 32 * 32 + 32) + 128 * 10 + 10);
    await push(peer, encodeToWorker({ type: 'parameters', step: 0 }, new Uint8Array(parameters)));
    const work = { kind: 'gradient', step: 0, shard: { first: 0, count: samples } } as const;
    const before = await computedTime(command.pid);
    await push(peer, encodeToWorker(lease({ work, samples }), payload));
    let isGone = false;
    command.finished.then(() => {
      isGone = true;
    });
    peer.closed.then(() => {
      isGone = true;
    });
    while (!isGone && (await computedTime(command.pid)) < before + 3_000) await wait(20);
    command.signal('SIGTERM');
    await command.finished;
    return 'ended';
  }),
  ...frozenLies.map(([name, told, strike]) => volunteer(`a worker: ${name}`, 'frozen', told, strike)),
  volunteer('a worker: warnings of several lines', 17, /^clean$/, async (peer, command) => {
    welcomed(peer, welcome(small));
    for (const start of ['\n', '\r', '\u2028', '\u0085']) peer.send({ type: 'warning', reason: `${start}${forged}` });
    peer.send({ type: 'finished', reason: `done\n${forged}` });
    await command.finished;
    return linesOf(command);
  }),
  volunteer('a worker: a refusal of several lines', 17, /^clean$/, async (peer, command) => {
    peer.send({ type: 'refused', reason: `no\n${forged}` });
    peer.socket.close(4401, `no\n${forged}`);
    const { errors } = await command.finished;
    return /^\W*FORGED/m.test(errors) ? `printed ${JSON.stringify(errors)}` : linesOf(command);
  }),
  volunteer('a worker: an id of several lines', 17, /^clean$/, async (peer, command) => {
    peer.send({ type: 'welcome', workerId: `w\n${forged}`, jobDigest: `d\n${forged}` }, welcome(small));
    peer.send({ type: 'finished', reason: 'done' });
    await command.finished;
    return linesOf(command);
  }),
];
