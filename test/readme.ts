// What README gives to copy, so that tests can run it.

import { readFileSync } from 'node:fs';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

/** The one block of code in README that has a line like this. */
export function readmeBlock(line: RegExp): string {
  const blocks = [...readme.matchAll(/^```\w*\n(.*?)^```$/gms)].map(([, block = '']) => block);
  const [found, ...more] = blocks.filter((block) => line.test(block));
  const count = found === undefined ? 0 : 1 + more.length;
  if (found === undefined || count > 1) throw new Error(`README has ${count} blocks with ${line}, expected one`);
  return found;
}

/** The rows of the one table in README whose heading begins with this cell, by their first cell: the second. */
export function readmeTable(heading: string): ReadonlyMap<string, string> {
  const [, rows = ''] = readme
    .split(`\n| ${heading} |`)
    .map((rest) => /^.*\n\|[ |-]*\n((?:\|.*\n)*)/.exec(rest)?.[1] ?? '');
  return new Map([...rows.matchAll(/^\| `(\w+)` \| (.*) \|$/gm)].map(([, name = '', text = '']) => [name, text]));
}
