// How somebody wants to be called, made fit to stand on everybody's screen.

import { plainText } from './plain_text.ts';

/** Characters (code points) of a name. */
export const maximumNameLength = 24;

/** What takes no room: a name of these would look like none. */
const invisible = /\p{Default_Ignorable_Code_Point}/gu;

/** More than two marks on a letter would run over the lines above and below. */
const heapedMarks = /(\p{M}{2})\p{M}+/gu;

/** What is fit of a name; empty if nothing is. The same if given again. */
export function nickname(text: string): string {
  const fit = plainText(text.slice(0, 8 * maximumNameLength).replace(/\s+/gu, ' '))
    .replace(invisible, '')
    .normalize('NFC')
    .replace(heapedMarks, '$1')
    .replace(/ +/g, ' ')
    .trim();
  return [...fit].slice(0, maximumNameLength).join('').trim();
}
