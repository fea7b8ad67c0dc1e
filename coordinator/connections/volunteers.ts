// Whose a worker is, by its hello.

import { createHash } from 'node:crypto';
import type { Hello } from '../../shared/protocol/messages.ts';
import type { Contributor } from '../training/contributor.ts';
import type { Role } from './access.ts';

/** By what all others know a volunteer: it cannot be told from it what his key is. */
export function volunteerId(key: string): string {
  return createHash('sha256').update(`gradswarm volunteer ${key}`).digest('hex').slice(0, 16);
}

export function contributorIn({ volunteer }: Hello, role: Role): Contributor {
  if (role === 'local') return { id: 'local', kind: 'local' };
  if (volunteer === undefined) return { id: 'anonymous', kind: 'anonymous' };
  const { key, name = '' } = volunteer;
  return { id: volunteerId(key), kind: 'volunteer', ...(name === '' ? {} : { name }) };
}
