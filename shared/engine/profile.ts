// Where the time of a microbatch goes: its plan run call by call, between looks at a clock, and summed up by node.

import type { Kernels } from './generated/kernels.ts';
import { mostAliveBytes } from './memory_plan.ts';
import type { PlacedBuffer, Plan } from './plan.ts';
import type { Call, Origin } from './program.ts';

/** What the calls of a node do in one pass. */
export interface PhaseProfile {
  readonly milliseconds: number;
  /** Floating-point operations of products, counted; see `productsOf`. */
  readonly products: number;
  /** Of the buffers that its calls touch, each call's counted. */
  readonly bytes: number;
  readonly kernels: readonly (keyof Kernels)[];
}

export interface NodeProfile {
  readonly node: string;
  readonly op: string;
  /** With what it has taken over of the nodes that follow. */
  readonly forward: PhaseProfile;
  readonly backward: PhaseProfile;
}

export interface PlanProfile {
  readonly samples: number;
  /** Of the whole plan, run without a look at the clock in between. */
  readonly milliseconds: number;
  /** Floating-point operations of products, counted. */
  readonly products: number;
  /** In the order of the graph. */
  readonly nodes: readonly NodeProfile[];
  readonly memory: {
    /** Of the room that the temporary buffers share. */
    readonly bytes: number;
    /** Of those that are alive together, where these are most. */
    readonly mostAlive: number;
    /** The largest first. */
    readonly buffers: readonly PlacedBuffer[];
  };
}

export interface ProfileOptions {
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** How often the plan is run each way. The fastest time of each call counts: whatever else a machine does only adds. */
  readonly rounds: number;
}

/** Times a plan whose inputs have been set. */
export function profilePlan(plan: Plan, { now, rounds }: ProfileOptions): PlanProfile {
  const whole: number[] = [];
  const apart = plan.calls.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    const start = now();
    plan.run();
    let last = now();
    whole.push(last - start);
    plan.runApart((call) => {
      const end = now();
      apart[call]?.push(end - last);
      last = now();
    });
  }
  return {
    samples: plan.samples,
    milliseconds: leastOf(whole),
    products: plan.calls.reduce((sum, { products }) => sum + products, 0),
    nodes: nodesOf(plan.calls, apart.map(leastOf)),
    memory: {
      bytes: plan.temporaryBytes,
      mostAlive: mostAliveBytes(plan.buffers),
      buffers: [...plan.buffers].sort((one, other) => other.bytes - one.bytes),
    },
  };
}

interface TimedCall {
  readonly call: Call;
  readonly milliseconds: number;
}

function nodesOf(calls: readonly Call[], milliseconds: readonly number[]): readonly NodeProfile[] {
  const byNode = new Map<Origin['node'], TimedCall[]>();
  calls.forEach((call, index) => {
    if (call.origin === undefined) return;
    const { node } = call.origin;
    const timed = { call, milliseconds: milliseconds[index] ?? Number.NaN };
    byNode.set(node, [...(byNode.get(node) ?? []), timed]);
  });
  return [...byNode].map(([node, timed]) => {
    const of = (phase: Origin['phase']) => phaseOf(timed.filter(({ call }) => call.origin?.phase === phase));
    return { node: node.name, op: node.op.name, forward: of('forward'), backward: of('backward') };
  });
}

function phaseOf(timed: readonly TimedCall[]): PhaseProfile {
  const sum = (value: (one: TimedCall) => number) => timed.reduce((total, one) => total + value(one), 0);
  return {
    milliseconds: sum((one) => one.milliseconds),
    products: sum(({ call }) => call.products),
    bytes: sum(({ call }) => call.buffers.reduce((total, { bytes }) => total + bytes, 0)),
    kernels: [...new Set(timed.map(({ call }) => call.kernel))],
  };
}

function leastOf(values: readonly number[]): number {
  return values.reduce((one, other) => Math.min(one, other), Number.POSITIVE_INFINITY);
}
