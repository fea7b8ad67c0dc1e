// Patterns of tensors' names, by which a job says which weights it means: `dense1.*`, `*.bias`.

import * as v from 'valibot';
import { InputError } from '../errors.ts';

/** A tensor's name, with `*` for any characters, none included. */
const pattern = v.pipe(
  v.string('expected the name of a tensor, in which * stands for any characters'),
  v.regex(/^[A-Za-z0-9_.*-]{1,100}$/, 'expected the name of a tensor, in which * stands for any characters'),
);

/** What a job states where it names tensors. */
export const namePatternsSchema = v.pipe(v.array(pattern), v.minLength(1), v.maxLength(100));

/** Whether a name is as the pattern says. */
export function matches(pattern: string, name: string): boolean {
  const [first = '', ...others] = pattern.split('*');
  const last = others.pop();
  if (last === undefined) return name === first;
  if (!name.startsWith(first)) return false;
  let position = first.length;
  for (const part of others) {
    const found = name.indexOf(part, position);
    if (found < 0) return false;
    position = found + part.length;
  }
  return name.length - last.length >= position && name.endsWith(last);
}

/** Whether a name is as one of the patterns says. */
export function matchesAny(patterns: readonly string[], name: string): boolean {
  return patterns.some((pattern) => matches(pattern, name));
}

/**
 * The names that patterns mean.
 * @param place what errors call the list of patterns
 * @throws {InputError} if a pattern means none of the names.
 */
export function namesMeant(patterns: readonly string[], names: readonly string[], place: string): ReadonlySet<string> {
  for (const pattern of patterns) {
    if (names.some((name) => matches(pattern, name))) continue;
    const known = names.slice(0, 12).join(', ');
    throw new InputError(
      `${place}: ${pattern} is the name of no tensor; there are ${known}${names.length > 12 ? ' …' : ''}`,
    );
  }
  return new Set(names.filter((name) => matchesAny(patterns, name)));
}
