// The secret that a run may ask for.

import { InputError } from '../errors.ts';
import { maximumTokenLength, minimumTokenLength } from './limits.ts';

/** @throws {InputError} if the token could be guessed, or could not be presented in a link, a header and a `hello`. */
export function requireToken(token: string): string {
  if (token === '')
    throw new InputError('the token is empty: leave it out, or give one like `openssl rand -hex 16` makes');
  if (token.length < minimumTokenLength) {
    throw new InputError(
      `the token has ${token.length} characters: at least ${minimumTokenLength}, so that it cannot be guessed (\`openssl rand -hex 16\` makes one)`,
    );
  }
  if (token.length > maximumTokenLength) {
    throw new InputError(`the token has ${token.length} characters: at most ${maximumTokenLength}`);
  }
  if (!/^[!-~]*$/.test(token)) {
    throw new InputError(
      'the token has characters other than ASCII letters, digits and signs: a header carries no others',
    );
  }
  return token;
}
