// A crew whose mates are objects of the lead's own thread: they work whenever the lead looks at the clock, as scripted.

import { Crew, type CrewOptions } from '../../../shared/crew/crew.ts';
import { Mate, type MateOrder } from '../../../shared/crew/mate.ts';
import { loadEngine } from '../../../shared/engine/engine.ts';
import type { Graph } from '../../../shared/engine/graph.ts';
import { Replica } from '../../../shared/engine/replica.ts';

/** Milliseconds that pass with each look at the clock. */
const tick = 10;

/** What a mate does with its next tasks: an absent one is started, but never ready. */
export type Script = 'answers' | 'sleeps' | 'absent';

export interface ScriptedCrew {
  readonly crew: Crew;
  readonly replica: Replica;
  readonly engine: CrewOptions['engine'];
  /** By mate; those started later answer. */
  readonly scripts: Script[];
  /** What was ordered, in order. */
  readonly orders: readonly MateOrder[];
  /** Ends the thread of a mate, as a fault would. */
  readonly kill: (mate: number, reason: string) => void;
  /** Makes those ready that were started. */
  readonly settle: () => Promise<void>;
  /** Tasks that mates have taken. */
  readonly answered: () => number;
  readonly troubles: readonly string[];
  /** Lets so many milliseconds pass. */
  readonly pass: (milliseconds: number) => void;
}

interface Started {
  readonly order: MateOrder;
  readonly onEnded: (reason: string) => void;
  mate: Mate | undefined;
  isOver: boolean;
}

export async function scriptedCrew(
  graph: Graph,
  scripts: Script[],
  options: { readonly microbatchSize?: number; readonly leastOperations?: number } = {},
): Promise<ScriptedCrew> {
  const engine = await loadEngine('portable');
  const replica = Replica.create(engine, graph, { microbatchSize: options.microbatchSize ?? 2 });
  const started: Started[] = [];
  const orders: MateOrder[] = [];
  const troubles: string[] = [];
  let [time, answered] = [0, 0];
  const work = () => {
    for (const [index, { mate, isOver }] of started.entries()) {
      if (isOver || (scripts[index] ?? 'answers') !== 'answers') continue;
      if (mate?.answerNext() === true) answered += 1;
    }
  };
  const crew = new Crew({
    engine,
    replica,
    graph,
    threads: 1 + scripts.length,
    maximumBytes: 2 ** 30,
    leastOperations: options.leastOperations ?? 0,
    startMate: (order, onEnded) => {
      const one: Started = { order, onEnded, mate: undefined, isOver: false };
      started.push(one);
      orders.push(order);
      return () => {
        one.isOver = true;
      };
    },
    now: () => {
      work();
      time += tick;
      return time;
    },
    onTrouble: (message) => troubles.push(message),
  });
  const settle = async () => {
    for (const [index, one] of started.entries()) {
      if (one.mate !== undefined || one.isOver || scripts[index] === 'absent') continue;
      one.mate = await Mate.create(one.order, loadEngine);
    }
  };
  const kill = (index: number, reason: string) => {
    const one = started[index];
    if (one === undefined) throw new RangeError(`no mate ${index}`);
    one.isOver = true;
    one.onEnded(reason);
  };
  await settle();
  return {
    ...{ crew, replica, engine, scripts, orders, kill, settle, troubles },
    answered: () => answered,
    pass: (milliseconds) => {
      time += milliseconds;
    },
  };
}
