// What an attacker's process and whoever runs it say to each other.

import type { Target } from '../attack.ts';

export type ToAttacker =
  | { readonly type: 'start'; readonly attack: string; readonly target: Target }
  | { readonly type: 'stop' };

export type FromAttacker =
  /** Heard for the first time since the start. */
  | { readonly type: 'told'; readonly answer: string }
  /** Everything that it was told, and how often. */
  | { readonly type: 'stopped'; readonly told: readonly (readonly [answer: string, count: number])[] };
