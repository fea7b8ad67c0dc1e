// Text of strangers, made fit to stand on a terminal, in a log, in a page and in a message of ours: what could move a
// cursor, forge a line or turn the writing around is taken out, and the rest is cut.

/** The longest text of a stranger that is passed on, in UTF-16 code units. */
export const maximumTextLength = 200;

/** Control and format characters (C0, DEL, C1, those of writing direction, invisible ones), separators of lines, half pairs. */
const unfit = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** The text without those, at most `maximumTextLength` long; the same if given again. */
export function plainText(text: string): string {
  const fit = text.replace(unfit, '');
  // What was cut in half has become unfit.
  return fit.length <= maximumTextLength ? fit : fit.slice(0, maximumTextLength).replace(unfit, '');
}
