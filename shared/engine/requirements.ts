// What a replica asks of what it is given.

import { InputError } from '../errors.ts';

export function requireValues(what: string, { length }: Float32Array, expected: number): void {
  if (length !== expected) throw new InputError(`${what}: expected ${expected} values, found ${length}`);
}

export function requireSamples(count: number): void {
  if (!Number.isInteger(count) || count < 1) throw new InputError(`samples: ${count} of them, expected at least 1`);
}
