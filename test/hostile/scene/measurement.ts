// What an attack does to a run: stretches under attack alternate with undisturbed ones of the same run, so that what slows
// the machine for a while slows both.

import { setTimeout as wait } from 'node:timers/promises';
import { median } from '../../bench/timing.ts';
import type { Attack } from '../attack.ts';
import type { Attacker } from './attacker.ts';
import type { Scene } from './scene.ts';

/** Stretches under attack; the undisturbed ones lie before, between and behind them. */
const stretches = 5;

/** Milliseconds behind a stretch that belong to none: what was under way comes to its end. */
const settleTime = 300;

export interface Measurement {
  /** What the attacker was told, and how often. */
  readonly told: ReadonlyMap<string, number>;
  /** Steps a second under attack, in those of the undisturbed stretches around: the median. */
  readonly rate: number;
  /** Resident memory of the coordinator in bytes: before the attack, and at most while it lasts. */
  readonly memory: { readonly before: number; readonly most: number };
  /** Longest turn of the event loop in milliseconds of own computing: undisturbed, and under attack. */
  readonly stall: { readonly undisturbed: number; readonly attacked: number };
}

interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly rate: number;
}

/** @param seconds in all, about */
export async function measure(scene: Scene, attacker: Attacker, attack: Attack, seconds: number): Promise<Measurement> {
  const length = (1_000 * seconds) / (2 * stretches + 1);
  const told = new Map<string, number>();
  const undisturbed = [await stretch(scene, wait(length))];
  const attacked: Stretch[] = [];
  for (let index = 0; index < stretches; index++) {
    const landed = attacker.start(attack.name, scene.target);
    // The first one lasts until the attack has been answered, however long that takes.
    attacked.push(await stretch(scene, Promise.all([wait(length), told.size === 0 ? landed : undefined])));
    for (const [answer, count] of await attacker.stop()) told.set(answer, (told.get(answer) ?? 0) + count);
    if (told.size === 0) told.set(await landed, 1);
    await wait(settleTime);
    undisturbed.push(await stretch(scene, wait(length)));
  }
  return { told, rate: rateOf(attacked, undisturbed), ...costs(scene, attacked, undisturbed) };
}

async function stretch(scene: Scene, until: Promise<unknown>): Promise<Stretch> {
  const [from, first] = [Date.now(), await scene.step()];
  await until;
  const [last, to] = [await scene.step(), Date.now()];
  return { from, to, rate: (last - first) / (to - from) };
}

function rateOf(attacked: readonly Stretch[], undisturbed: readonly Stretch[]): number {
  const ratios = attacked.map(({ rate }, index) => {
    const around = (undisturbed[index]?.rate ?? Number.NaN) + (undisturbed[index + 1]?.rate ?? Number.NaN);
    return rate / (around / 2);
  });
  return median(ratios);
}

function costs(
  { samples }: Scene,
  attacked: readonly Stretch[],
  undisturbed: readonly Stretch[],
): Pick<Measurement, 'memory' | 'stall'> {
  const during = (all: readonly Stretch[]) =>
    samples.filter(({ at }) => all.some(({ from, to }) => at >= from && at <= to + settleTime));
  const first = undisturbed.slice(0, 1);
  const most = (values: readonly number[]) => values.reduce((one, other) => Math.max(one, other), 0);
  return {
    memory: {
      before: median(during(first).map(({ memory }) => memory)),
      most: most(samples.filter(({ at }) => at >= (first[0]?.to ?? 0)).map(({ memory }) => memory)),
    },
    stall: {
      undisturbed: most(during(undisturbed).map(({ stall }) => stall)),
      attacked: most(during(attacked).map(({ stall }) => stall)),
    },
  };
}
