// The secret that a run may ask its workers for.

import { InputError } from '../errors.ts';
import { maximumTokenLength } from './limits.ts';

/** @throws {InputError} if no worker could ever present the token. */
export function requireToken(token: string): string {
  if (token === '') throw new InputError('the token is empty: leave it out, or give one of at least one character');
  if (token.length > maximumTokenLength) {
    throw new InputError(`the token has ${token.length} characters: at most ${maximumTokenLength}`);
  }
  return token;
}
