// A crew whose threads share no memory, as in a page that came over plain http: each mate is posted a stretch of the work with
// the parameters, the lead computes the first stretch itself, waits for messages, and joins what was answered to the bits of
// one thread. See crew.ts for threads that share memory.

import type { Clock } from '../clock.ts';
import { type Samples, sliceSamples } from '../data/samples.ts';
import type { BetweenPasses } from '../engine/replica.ts';
import type { WorkAnswer } from '../work/work_kind.ts';
import { answerBytes, compute, cuttingOf, type Work } from '../work/work_kinds.ts';
import { AnsweredParts } from './answered_parts.ts';
import type { CrewForm, CrewParts, FormedCrew } from './crew_form.ts';
import { cutWork, type Stretch } from './cut.ts';
import { MateByPost } from './mate_by_post.ts';
import type { FromMate, Post, ToMate } from './posted_messages.ts';
import { computeParts } from './stretch_parts.ts';
import { Succession } from './succession.ts';

/** A thread that becomes a mate by its first message. */
export interface PostedThread {
  readonly post: Post<ToMate>;
  readonly end: () => void;
}

export interface PostedPlatform {
  /** In all, the lead's among them. */
  readonly threads: number;
  /** @param onEnded called once if the thread ends by itself */
  readonly startThread: (onMessage: (message: FromMate) => void, onEnded: (reason: string) => void) => PostedThread;
  readonly clock: Clock;
  readonly onTrouble: (message: string) => void;
}

/** Operations of a stretch below which posting it costs more than it saves. */
const leastOperations = 10e6;

/** Times what the lead needed for its own stretch, and milliseconds, that mates may need beyond that. */
const patience = { times: 4, milliseconds: 250 };

interface Member {
  readonly mate: MateByPost;
  readonly thread: PostedThread;
}

/** @param least operations of a stretch, estimated, from which on it is lent */
export function postedCrew(platform: PostedPlatform, least = leastOperations): CrewForm {
  const { threads, onTrouble } = platform;
  return { threads, onTrouble, form: (parts) => new PostedCrew(platform, parts, least) };
}

class PostedCrew implements FormedCrew {
  readonly #platform: PostedPlatform;
  readonly #parts: CrewParts;
  readonly #leastOperations: number;
  readonly #members: Member[] = [];
  /** Of the lead's own stretch. */
  readonly #vectors: ArrayBuffer[] = [];
  readonly #succession: Succession;
  #isClosed = false;
  /** Called whenever a mate is free, or gone. */
  #onChange: () => void = () => undefined;

  constructor(platform: PostedPlatform, parts: CrewParts, least: number) {
    this.#platform = platform;
    this.#succession = new Succession(platform.onTrouble);
    this.#parts = parts;
    this.#leastOperations = least;
    for (let thread = 1; thread < platform.threads; thread++) this.#recruit();
  }

  compute(work: Work, samples: Samples, betweenPasses?: BetweenPasses): WorkAnswer | Promise<WorkAnswer> {
    const { replica } = this.#parts;
    const { unitSamples, joins } = cuttingOf(work);
    const size = unitSamples(replica);
    const units = Math.ceil(samples.count / size);
    const free = this.#members.filter(({ mate }) => mate.isFree);
    const worthwhile = Math.floor((samples.count * replica.operationsPerSample) / this.#leastOperations);
    const threads = Math.min(units, worthwhile, 1 + free.length);
    if (threads < 2) return compute(replica, work, samples, betweenPasses);
    const [own, ...lent] = cutWork(units, threads, joins);
    if (own === undefined) throw new RangeError('work without units');
    const mates = lent.flatMap((stretch, index) => {
      const mate = free[index]?.mate;
      mate?.lend(work, stretch, this.#samplesOf(samples, stretch, size));
      return mate ?? [];
    });
    return this.#join(work, samples, { own, size, mates }, betweenPasses);
  }

  close(): void {
    this.#isClosed = true;
    for (const { thread } of this.#members.splice(0)) thread.end();
    this.#onChange();
  }

  /** Computes the lead's own stretch, waits for the others, and computes again what nobody has answered. */
  async #join(
    work: Work,
    samples: Samples,
    { own, size, mates }: { readonly own: Stretch; readonly size: number; readonly mates: readonly MateByPost[] },
    betweenPasses: BetweenPasses | undefined,
  ): Promise<WorkAnswer> {
    const { engine, replica } = this.#parts;
    const { now } = this.#platform.clock;
    const begunAt = now();
    try {
      const vectors = this.#vectorsFor(work, own);
      const sums = computeParts(
        this.#parts,
        { work, parts: own.parts },
        this.#samplesOf(samples, own, size),
        vectors,
        betweenPasses,
      );
      await this.#allFree(mates, patience.times * (now() - begunAt) + patience.milliseconds);
      if (this.#isClosed) throw new Error('the crew was closed while it computed');
      const answers = [{ stretch: own, sums, vectors }, ...mates.flatMap(({ answer }) => answer ?? [])];
      return compute(replica, work, samples, betweenPasses, new AnsweredParts(engine, answers));
    } finally {
      for (const mate of mates) mate.forget();
    }
  }

  #samplesOf(samples: Samples, { first, units }: Stretch, size: number): Samples {
    const { inputs } = this.#parts.graph;
    return sliceSamples(samples, inputs, first * size, Math.min(samples.count, (first + units) * size));
  }

  #vectorsFor(work: Work, { parts }: Stretch): readonly ArrayBuffer[] {
    const bytes = answerBytes(work, this.#parts.replica.layout);
    if (bytes === 0) return [];
    while (this.#vectors.length < parts.length) this.#vectors.push(new ArrayBuffer(bytes));
    return this.#vectors;
  }

  /** Resolves when all of them are free or gone, or that time is over. */
  #allFree(mates: readonly MateByPost[], milliseconds: number): Promise<void> {
    const isBusy = (mate: MateByPost) => !mate.isFree && this.#members.some((member) => member.mate === mate);
    return new Promise((resolve) => {
      const done = () => {
        this.#onChange = () => undefined;
        cancel();
        resolve();
      };
      const cancel = this.#platform.clock.schedule(milliseconds, done);
      this.#onChange = () => {
        if (!mates.some(isBusy)) done();
      };
      this.#onChange();
    });
  }

  #recruit(): void {
    const { engine, replica, graph, maximumBytes } = this.#parts;
    const thread = this.#platform.startThread(
      (message) => mate.take(message),
      (reason) => this.#ended(member, reason),
    );
    const mate = new MateByPost({ engine, replica, graph, post: thread.post, onFree: () => this.#onChange() });
    const member: Member = { mate, thread };
    this.#members.push(member);
    const { microbatchSize } = replica;
    thread.post({ type: 'be a mate', numerics: engine.profile, graph, microbatchSize, maximumBytes }, []);
  }

  /** Starts another one, unless mates end as soon as they are started. */
  #ended(member: Member, reason: string): void {
    const index = this.#members.indexOf(member);
    if (index < 0) return;
    this.#members.splice(index, 1);
    if (this.#succession.afterEnd(reason, member.mate.hasAnswered, 1 + this.#members.length)) this.#recruit();
    this.#onChange();
  }
}
