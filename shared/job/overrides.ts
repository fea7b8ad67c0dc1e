// `--set path=value`: single fields of a job replaced.

import { InputError } from '../errors.ts';
import { parseJson } from '../json/parse.ts';
import { type Job, parseJob } from './job.ts';
import { suggestion } from './suggestions.ts';

type Container = Record<string, unknown>;

/** The job's length is one or the other; setting one takes the place of the other. */
const alternatives: Readonly<Record<string, string>> = { epochs: 'steps', steps: 'epochs' };

/**
 * Replaces fields named by path, like `optimizer.learningRate=0.05` or `model.layers.0.units=200`. A value is JSON, or
 * else a bare text. The overrides are applied in turn, then the whole is checked.
 * @throws {InputError} naming the path and what is there, or what the job's check found.
 */
export function applyOverrides(job: Job, overrides: readonly string[]): Job {
  if (overrides.length === 0) return job;
  const changed = JSON.parse(JSON.stringify(job)) as Container;
  for (const override of overrides) {
    const equals = override.indexOf('=');
    if (equals < 1) throw new InputError(`--set ${override}: expected path=value, like optimizer.learningRate=0.05`);
    replace(changed, override.slice(0, equals), override.slice(equals + 1));
  }
  return parseJob(changed, `--set ${overrides.join(' ')}`);
}

function replace(job: Container, path: string, text: string): void {
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  const container = keys.reduce<Container>((inside, key, depth) => {
    const value = Object.hasOwn(inside, key) ? inside[key] : undefined;
    if (isContainer(value)) return value;
    const place = keys.slice(0, depth).join('.');
    if (value !== undefined)
      throw new InputError(`--set ${path}: ${[...keys.slice(0, depth), key].join('.')} is ${value}`);
    throw new InputError(
      `--set ${path}: ${describeKeys(inside, place)}${Array.isArray(inside) ? '' : suggestion(key, Object.keys(inside))}`,
    );
  }, job);
  if (Array.isArray(container) && !Object.keys(container).includes(last)) {
    throw new InputError(`--set ${path}: ${describeKeys(container, keys.join('.'))}`);
  }
  const alternative = keys.length === 0 ? alternatives[last] : undefined;
  if (alternative !== undefined) delete job[alternative];
  // Not by assignment: a key __proto__ would set the prototype.
  Object.defineProperty(container, last, {
    value: parseValue(text),
    enumerable: true,
    writable: true,
    configurable: true,
  });
}

function describeKeys(container: Container, place: string): string {
  const where = place === '' ? 'the job' : place;
  if (Array.isArray(container)) return `${where} has the entries 0 to ${container.length - 1}`;
  return `${where} has ${Object.keys(container).join(', ')}`;
}

function isContainer(value: unknown): value is Container {
  return typeof value === 'object' && value !== null;
}

function parseValue(text: string): unknown {
  try {
    return parseJson(text, '');
  } catch (error) {
    if (error instanceof InputError) return text;
    throw error;
  }
}
