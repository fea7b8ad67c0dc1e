// What a schema found wrong, in one line that a person can act on.

import * as v from 'valibot';
import { suggestion } from './suggestions.ts';

type Issue = v.BaseIssue<unknown>;

/**
 * The issue that explains most, as `path: what was expected, what was found`. An unknown key comes before what is
 * missing: it is mostly the missing one, misspelt.
 */
export function describeIssues(
  schema: v.GenericSchema,
  issues: readonly [Issue, ...Issue[]],
): { readonly path: string; readonly message: string } {
  const issue = issues.find(isUnknownKey) ?? issues[0];
  const list = listFor(issue);
  if (list !== undefined) return { path: list.join('.'), message: 'expected an object, found a list' };
  const path = v.getDotPath(issue) ?? '';
  return { path, message: describe(schema, issue) };
}

function describe(schema: v.GenericSchema, issue: Issue): string {
  if (isUnknownKey(issue)) {
    const key = String(issue.input);
    const known = keysAt(schema, issue.path ?? []);
    const near = suggestion(key, known);
    return `unknown key${near === '' && known.length > 0 ? `; known are ${known.join(', ')}` : near}`;
  }
  if (issue.input === undefined) return `missing${hint(issue)}`;
  const found = issue.kind === 'validation' && isComposite(issue.input) ? '' : `, found ${show(issue.input)}`;
  const options = typeof issue.input === 'string' ? suggestion(issue.input, quotedWords(issue.expected)) : '';
  return `${expectation(issue)}${found}${options}`;
}

/** Where a list stands in an object's place: its positions are no unknown keys. */
function listFor(issue: Issue): readonly unknown[] | undefined {
  const items = (issue.path ?? []) as readonly { readonly key?: unknown; readonly input: unknown }[];
  const inner = items.at(-1);
  if (inner === undefined || !Array.isArray(inner.input) || issue.type !== 'strict_object') return undefined;
  return items.slice(0, -1).map(({ key }) => key);
}

function isUnknownKey(issue: Issue): boolean {
  return issue.type === 'strict_object' && issue.expected === 'never';
}

/** What is right, where an issue about something missing knows it. */
function hint(issue: Issue): string {
  return issue.type === 'strict_object' ? '' : `: ${expectation(issue)}`;
}

function expectation(issue: Issue): string {
  const { type, expected, message } = issue;
  if (!message.startsWith('Invalid ')) return message.startsWith('expected ') ? message : `expected ${message}`;
  if (type === 'integer' || type === 'safe_integer') return 'expected a whole number';
  if (type === 'finite') return 'expected a finite number';
  const bound = /^([<>]=?)(-?[0-9.e+]+)$/.exec(expected ?? '');
  if (bound !== null) {
    const words: Record<string, string> = { '>=': 'at least', '<=': 'at most', '>': 'above', '<': 'below' };
    const entries = type.endsWith('_length') ? ' entries' : '';
    return `expected ${words[bound[1] ?? ''] ?? ''} ${bound[2]}${entries}`;
  }
  const options = quotedWords(expected);
  if (options.length > 0) return `expected ${options.join(' or ')}`;
  const articles: Record<string, string> = {
    Object: 'an object',
    Array: 'a list',
    string: 'a text',
    number: 'a number',
    boolean: 'true or false',
  };
  return `expected ${articles[expected ?? ''] ?? expected ?? 'something else'}`;
}

function quotedWords(expected: string | null): string[] {
  return [...(expected ?? '').matchAll(/"([^"]*)"/g)].map((match) => match[1] ?? '');
}

function isComposite(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function show(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (isComposite(value)) return 'an object';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length <= 60 ? text : `${text.slice(0, 57)}…`;
}

/** The parts of schemas that keys are found by; a pipe has those of its first schema. */
interface SchemaParts {
  readonly entries?: Readonly<Record<string, SchemaParts>>;
  readonly key?: unknown;
  readonly options?: readonly unknown[];
  readonly item?: SchemaParts;
  readonly wrapped?: SchemaParts;
  readonly literal?: unknown;
}

/** The keys that the object at the end of a path, but for the path's last key, may have. */
function keysAt(
  schema: v.GenericSchema,
  path: readonly { readonly key?: unknown; readonly input: unknown }[],
): string[] {
  let parts: SchemaParts | undefined = schema as SchemaParts;
  for (const [index, { key, input }] of path.entries()) {
    parts = objectSchema(parts, input);
    if (index === path.length - 1) break;
    parts = parts?.item ?? parts?.entries?.[String(key)];
  }
  return Object.keys(parts?.entries ?? {});
}

/** Looks through optional and, by the value's discriminator, through variants. */
function objectSchema(parts: SchemaParts | undefined, value: unknown): SchemaParts | undefined {
  const inner = parts?.wrapped ?? parts;
  if (inner?.options === undefined || typeof inner.key !== 'string') return inner;
  const key = inner.key;
  const discriminator = (value as Readonly<Record<string, unknown>>)[key];
  return (inner.options as readonly SchemaParts[]).find((option) => option.entries?.[key]?.literal === discriminator);
}
