// All attacks there are. To add one is to write it down in the file of its family.

import type { Attack } from './attack.ts';
import { answers } from './attacks/answers.ts';
import { crowds } from './attacks/crowds.ts';
import { files } from './attacks/files.ts';
import { frames } from './attacks/frames.ts';
import { frozen } from './attacks/frozen.ts';
import { hellos } from './attacks/hello.ts';
import { http } from './attacks/http.ts';
import { joins } from './attacks/joins.ts';
import { leases } from './attacks/leases.ts';
import { slow } from './attacks/slow.ts';
import { starting } from './attacks/starting.ts';
import { texts } from './attacks/text.ts';
import { volunteers } from './attacks/volunteers.ts';

export const attacks: readonly Attack[] = [
  ...http,
  ...hellos,
  ...frames,
  ...leases,
  ...answers,
  ...texts,
  ...joins,
  ...frozen,
  ...crowds,
  ...slow,
  ...files,
  ...starting,
  ...volunteers,
];

/** @throws {Error} if there is none of that name. */
export function findAttack(name: string): Attack {
  const attack = attacks.find((one) => one.name === name);
  if (attack === undefined) throw new Error(`no attack is called ${JSON.stringify(name)}`);
  return attack;
}
