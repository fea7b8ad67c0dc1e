// The short form of the hostile suite: each attack for a moment, beside two honest workers. What counts here is the
// outcome; how fast the rest goes on meanwhile is the long form's business (`npm run hostile`).

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { root } from '../source_files.ts';
import { temporaryFolder } from '../system/processes.ts';
import { type Attack, attackedJob } from './attack.ts';
import { defects, heldElsewhere, survived } from './lines.ts';
import { attacks } from './registry.ts';
import { Attacker } from './scene/attacker.ts';
import { referenceOf } from './scene/references.ts';
import { Scene } from './scene/scene.ts';
import { endFaults, outcomeFaults } from './scene/verdict.ts';

/** Attacks that can share a run are those on the same job with the same flags. */
const circumstancesOf = ({ job = [], flags = [] }: Attack) => JSON.stringify({ job: [...attackedJob, ...job], flags });

interface Circumstances {
  readonly job: readonly string[];
  readonly flags: readonly string[];
}

const short = attacks.filter(({ isLong }) => isLong === undefined);

describe.each([...new Set(short.map(circumstancesOf))])('a run of %s', (circumstances) => {
  const group = short.filter((attack) => circumstancesOf(attack) === circumstances);
  const { job, flags } = JSON.parse(circumstances) as Circumstances;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let scene: Scene;
  let attacker: Attacker;

  const open = async () => {
    folder = await temporaryFolder();
    scene = await Scene.open({ job, flags, folder: folder.path });
    attacker = new Attacker();
  };
  const close = async () => {
    await attacker[Symbol.asyncDispose]();
    await scene[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  };
  beforeAll(open);
  afterAll(close);
  // Where an attack has ended the coordinator, the next ones have another.
  beforeEach(async () => {
    if (scene.isAlive) return;
    await close();
    await open();
  });

  it.each(group.map((attack) => [attack.name, attack] as const))('survives %s', async (_, attack) => {
    const told = await strike(attack);
    if (attack.operatorSees !== undefined) await scene.command.match(attack.operatorSees);
    await scene.advanced(3);
    const { forgedLines, disturbances } = scene;
    expect(outcomeFaults(attack, { told, forgedLines, disturbances })).toEqual([]);
  });

  /** The answers to an attack that goes on until it was told something. */
  async function strike({ name }: Attack): Promise<readonly string[]> {
    const first = await Promise.race([attacker.start(name, scene.target), scene.command.finished]);
    if (typeof first !== 'string') throw new Error(`the coordinator ended: ${first.errors}`);
    return [...(await attacker.stop()).keys()];
  }

  it('has the bits of an undisturbed one after every step', async () => {
    const end = await scene.end();
    expect(endFaults(end, await referenceOf(job).digests(end.steps.length))).toEqual([]);
  });
});

describe('the registry', () => {
  it('has an attack for every line of what was seen', () => {
    const covered = new Set([...attacks.map(({ line }) => String(line)), ...Object.keys(heldElsewhere)]);
    expect([...Object.keys(defects), ...Object.keys(survived)].filter((line) => !covered.has(line))).toEqual([]);
    for (const file of Object.values(heldElsewhere)) expect(existsSync(join(root, file)), file).toBe(true);
  });

  it('has no two attacks of one name', () => {
    expect(new Set(attacks.map(({ name }) => name)).size).toBe(attacks.length);
  });
});
