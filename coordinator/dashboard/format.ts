// Figures for people.

import { isRightToLeft, locale } from './language.ts';

const formats = new Map<string, Intl.NumberFormat>();

/** To make a format is slow, so each is made once. */
function formatted(value: number, options: Intl.NumberFormatOptions): string {
  const key = `${locale()} ${JSON.stringify(options)}`;
  const format = formats.get(key) ?? new Intl.NumberFormat(locale(), options);
  formats.set(key, format);
  return format.format(value);
}

/** A figure with its unit, in one piece among words that run from right to left (Unicode's isolates). */
function together(text: string): string {
  return isRightToLeft() ? `\u2066${text}\u2069` : text;
}

export function count(value: number): string {
  return formatted(value, { maximumFractionDigits: 0 });
}

/** With so many digits behind the point. */
export function fixed(value: number, places: number): string {
  return formatted(value, { minimumFractionDigits: places, maximumFractionDigits: places });
}

export function percent(part: number, places = 2): string {
  return together(`${fixed(100 * part, places)} %`);
}

/** With at most so many digits that say something. */
export function significant(value: number, digits = 4): string {
  return formatted(value, { maximumSignificantDigits: digits });
}

export function milliseconds(value: number): string {
  return together(
    value < 10 ? `${fixed(value, 1)} ms` : value < 10_000 ? `${count(value)} ms` : `${count(value / 1000)} s`,
  );
}
