// A crew: one computation, many threads. The lead, whose thread asks for it, cuts the work, lends stretches to its mates over
// shared memory, computes the first one itself, and joins what comes back: the bits are those of one thread. Every thread has
// an engine memory of its own, so that the engine's binary is the same everywhere.
//
// A mate that is late, has failed or has died costs time, not the work: the lead computes that stretch itself, the mate is
// left out until it is through, and one that is gone is replaced.

import { bytesPerSample, packedSamplesBytes, type Samples } from '../data/samples.ts';
import type { Graph } from '../engine/graph.ts';
import type { BetweenPasses } from '../engine/replica.ts';
import type { WorkAnswer } from '../work/work_kind.ts';
import { compute, cuttingOf, type Work } from '../work/work_kinds.ts';
import type { CrewForm, CrewParts } from './crew_form.ts';
import { cutWork, maximumNodes, type Stretch } from './cut.ts';
import { LeadMate } from './lead_mate.ts';
import { LentParts } from './lent_parts.ts';
import type { MateOrder } from './mate.ts';
import { MateMemory, type MateRoom } from './mate_memory.ts';
import { ModelCopy } from './model_copy.ts';
import { Succession } from './succession.ts';

/** What a crew needs of its machine. */
export interface CrewPlatform {
  /** Threads in all, the lead's among them. */
  readonly threads: number;
  /**
   * Starts a thread that runs `serveLead`.
   * @param onEnded called once, when it has ended otherwise than by the function returned, which ends it
   */
  readonly startMate: (order: MateOrder, onEnded: (reason: string) => void) => () => void;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Something worth a line. */
  readonly onTrouble: (message: string) => void;
}

export interface CrewOptions extends CrewPlatform, CrewParts {
  /** Operations that a stretch must have at least to be lent, estimated. */
  readonly leastOperations?: number;
}

/** Crews of such threads. */
export function sharedCrew(platform: CrewPlatform): CrewForm {
  const { threads, onTrouble } = platform;
  return { threads, onTrouble, form: (parts) => new Crew({ ...platform, ...parts }) };
}

/** Operations of a stretch below which waking a mate costs more than it saves, by default. */
const leastOperations = 2e6;

/** What a mate has room for at first, of samples and of bytes; one with more is started where a stretch has more. */
const firstRoom = { samples: 512, bytes: 2 ** 26 };

/** Parts of a stretch, at most: one with more is not lent. */
const partsPerStretch = 64;

/** Ways to cut work that are kept: as many as there are sizes of leases. */
const maximumCuts = 64;

interface Member {
  readonly mate: LeadMate;
  readonly end: () => void;
}

export class Crew {
  readonly #options: CrewOptions;
  readonly #parts: LentParts;
  readonly #members: Member[] = [];
  readonly #cuts = new Map<number, readonly Stretch[]>();
  /** Members that can be lent something: refilled by each computation. */
  readonly #free: LeadMate[] = [];
  /** Absent where there are no mates, nor the shared memory that they would need. */
  readonly #model: ModelCopy | undefined;
  /** Bytes of samples that a mate has room for. */
  #sampleBytes: number;
  readonly #succession: Succession;
  readonly #leastOperations: number;

  constructor(options: CrewOptions) {
    const { engine, replica, graph, threads } = options;
    this.#options = options;
    this.#succession = new Succession(options.onTrouble);
    this.#leastOperations = options.leastOperations ?? leastOperations;
    this.#parts = new LentParts(engine);
    this.#sampleBytes = Math.max(
      packedSamplesBytes(graph.inputs, replica.microbatchSize),
      Math.min(firstRoom.bytes, packedSamplesBytes(graph.inputs, firstRoom.samples)),
    );
    this.#model = threads > 1 ? new ModelCopy(engine, replica) : undefined;
    for (let thread = 1; thread < threads; thread++) this.#recruit();
  }

  /** Threads that it is to have. */
  get threads(): number {
    return this.#options.threads;
  }

  /** Threads that can compute just now: mates begin when they have compiled the model. */
  get size(): number {
    return 1 + this.#members.filter(({ mate }) => mate.isFree).length;
  }

  /**
   * Does the work with the lead's parameters as they are: `compute` of work_kinds.ts, by as many threads as it is worth.
   * @param betweenPasses called between two passes over samples, and while mates are waited for; what it throws ends it
   * @throws {InputError} if the samples do not fit the model.
   */
  compute(work: Work, samples: Samples, betweenPasses?: BetweenPasses): WorkAnswer {
    try {
      this.#lend(work, samples);
      return compute(this.#options.replica, work, samples, betweenPasses, this.#parts);
    } finally {
      this.#parts.end();
    }
  }

  /** Ends the mates' threads; the lead computes alone from now on. */
  close(): void {
    for (const { end } of this.#members.splice(0)) end();
  }

  #lend(work: Work, samples: Samples): void {
    const { replica, graph } = this.#options;
    if (this.#model === undefined) return;
    const { unitSamples: unitSamplesOf, joins } = cuttingOf(work);
    const unitSamples = unitSamplesOf(replica);
    const units = Math.ceil(samples.count / unitSamples);
    const worthwhile = Math.floor((samples.count * replica.operationsPerSample) / this.#leastOperations);
    this.#findFree();
    const threads = Math.min(units, worthwhile, 1 + this.#free.length);
    if (threads < 2 || !areWhole(samples, graph)) return;
    const stretches = this.#cut(units, threads, joins);
    if (!this.#hasRoomFor(stretches[1], unitSamples)) return;
    this.#model.share();
    for (let index = 1; index < stretches.length; index++) {
      const [mate, stretch] = [this.#free[index - 1], stretches[index]];
      if (mate === undefined || stretch === undefined) continue;
      mate.lend({ work, samples, inputs: graph.inputs, unitSamples }, stretch, this.#model);
      this.#parts.add(mate);
    }
  }

  /** Whether a stretch can be lent, none of the others being larger; sees to it that one like it can be, later. */
  #hasRoomFor(stretch: Stretch | undefined, unitSamples: number): boolean {
    if (stretch === undefined || stretch.parts.length > partsPerStretch) return false;
    const bytes = packedSamplesBytes(this.#options.graph.inputs, stretch.units * unitSamples);
    if (bytes > this.#sampleBytes) this.#makeRoom(bytes);
    return bytes <= this.#sampleBytes && this.#free.length > 0;
  }

  #findFree(): void {
    this.#free.length = 0;
    for (let index = 0; index < this.#members.length; index++) {
      const member = this.#members[index];
      if (member?.mate.isFree === true) this.#free.push(member.mate);
      else if (member?.mate.isLost === true) this.#giveUp(member);
    }
  }

  #cut(units: number, threads: number, joins: 'nodes' | 'units'): readonly Stretch[] {
    const key = 2 * (units * 2 ** 16 + threads) + (joins === 'nodes' ? 0 : 1);
    const known = this.#cuts.get(key);
    if (known !== undefined) return known;
    if (this.#cuts.size === maximumCuts) this.#cuts.clear();
    const stretches = cutWork(units, threads, joins);
    this.#cuts.set(key, stretches);
    return stretches;
  }

  /** Replaces all mates by some with more room; until these are ready, the lead computes alone. */
  #makeRoom(bytes: number): void {
    this.#sampleBytes = 2 * bytes;
    this.#free.length = 0;
    const former = this.#members.splice(0);
    for (const { end } of former) {
      end();
      this.#recruit();
    }
  }

  #recruit(): void {
    const { replica, graph, maximumBytes, startMate, now, engine } = this.#options;
    if (this.#model === undefined) return;
    const room: MateRoom = {
      samples: this.#sampleBytes,
      gradient: replica.parameterCount,
      gradients: maximumNodes,
      parts: partsPerStretch,
      sums: 1 + Object.keys(graph.metrics).length,
    };
    const memory = new MateMemory(room);
    const order: MateOrder = {
      numerics: engine.profile,
      graph,
      microbatchSize: replica.microbatchSize,
      maximumBytes,
      model: this.#model.buffer,
      memory: memory.buffer,
      room,
    };
    const member: Member = {
      mate: new LeadMate(memory, now),
      end: startMate(order, (reason) => this.#ended(member, reason)),
    };
    this.#members.push(member);
  }

  #giveUp(member: Member): void {
    member.end();
    this.#ended(member, 'it no longer answers');
  }

  /** Starts another one behind, unless mates end as soon as they are started. */
  #ended(member: Member, reason: string): void {
    const index = this.#members.indexOf(member);
    if (index < 0) return;
    this.#members.splice(index, 1);
    if (this.#succession.afterEnd(reason, member.mate.hasAnswered, 1 + this.#members.length)) this.#recruit();
  }
}

/** Whether each field is as long as all samples; what does not fit is the lead's to refuse. */
function areWhole({ count, fields }: Samples, { inputs }: Graph): boolean {
  return inputs.every((input, index) => fields[index]?.length === count * bytesPerSample(input));
}
