// What is redrawn below the lines that stay: how far it is, in as many words as the terminal has room for.

import colors from 'picocolors';
import { widthOf } from './wrapping.ts';

export interface StatusPart {
  readonly text: string;
  /** Where not all have room, those of the least ranks stay. */
  readonly rank: number;
}

export interface Status {
  /** In the order in which they stand. */
  readonly parts: readonly StatusPart[];
  /** 0 to 1, shown as a bar where room is left. */
  readonly done: number;
}

const gap = '  ';
const shortestBar = 10;
const longestBar = 24;

/** A line that is shorter than the terminal is wide. */
export function statusLine({ parts, done }: Status, columns: number): string {
  // A terminal may go on to the next line behind the last column.
  const room = columns - 1;
  const chosen = new Set<StatusPart>();
  let width = -gap.length;
  for (const part of [...parts].sort((one, other) => one.rank - other.rank)) {
    const more = gap.length + widthOf(part.text);
    if (width + more > room) continue;
    chosen.add(part);
    width += more;
  }
  const bar = Math.min(longestBar, room - width - gap.length);
  const texts = parts.filter((part) => chosen.has(part)).map(({ text }) => text);
  return [...(bar < shortestBar ? [] : [barOf(done, bar)]), ...texts].join(gap);
}

function barOf(done: number, width: number): string {
  const full = Math.round(width * Math.min(1, Math.max(0, done)));
  return colors.cyan(`${'█'.repeat(full)}${'░'.repeat(width - full)}`);
}
