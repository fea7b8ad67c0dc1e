// Lines cut to the width of a terminal, at spaces: no word is lost, and nothing that is copied (an address, a command) has
// a line's end in it.

import { stripVTControlCharacters } from 'node:util';

/** Characters that take two columns: those of East Asia, and pictures. */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/gu;

/** What lines after the first begin with. */
const indent = '  ';

/** Columns that a text takes; colours take none. */
export function widthOf(text: string): number {
  const plain = stripVTControlCharacters(text);
  return [...plain].length + (plain.match(wide)?.length ?? 0);
}

/**
 * A line as lines of at most so many columns. Wide gaps part what belongs together: there it is broken first. A word that
 * is longer than a line stays whole, and the terminal continues it.
 */
export function wrapped(line: string, columns: number): readonly string[] {
  if (widthOf(line) <= columns) return [line];
  const lines = new Lines(columns);
  for (const [, gap = '', group = ''] of line.matchAll(/( {2,}|^ *)((?:[^ ]| (?! ))*)/g)) lines.addGroup(gap, group);
  return lines.all;
}

class Lines {
  readonly #columns: number;
  readonly #full: string[] = [];
  #line = '';
  #width = 0;

  constructor(columns: number) {
    this.#columns = columns;
  }

  get all(): readonly string[] {
    return [...this.#full, this.#line];
  }

  addGroup(gap: string, group: string): void {
    const width = widthOf(group);
    const fits = this.#width + gap.length + width <= this.#columns;
    const fitsBelow = indent.length + width <= this.#columns && 2 * this.#width > this.#columns;
    if (fits) this.#append(gap, group, width);
    else if (fitsBelow) this.#begin(group, width);
    else this.#addWords(gap, group);
  }

  #addWords(gap: string, group: string): void {
    for (const [index, word] of group.split(' ').entries()) {
      const width = widthOf(word);
      const space = index === 0 ? gap : ' ';
      const fits = this.#width + space.length + width <= this.#columns;
      if (fits || this.#isEmpty) this.#append(space, word, width);
      else this.#begin(word, width);
    }
  }

  /** Whether a further line would be no better. */
  get #isEmpty(): boolean {
    return this.#line.trim() === '';
  }

  #append(space: string, text: string, width: number): void {
    this.#line += `${space}${text}`;
    this.#width += space.length + width;
  }

  #begin(text: string, width: number): void {
    this.#full.push(this.#line);
    // Whole, where it needs the line's room.
    const lead = indent.length + width <= this.#columns ? indent : '';
    this.#line = `${lead}${text}`;
    this.#width = lead.length + width;
  }
}
