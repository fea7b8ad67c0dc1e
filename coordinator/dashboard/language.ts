// The language that the page speaks: what `?lang=` asks for, else the first of the browser's languages that there is.

import { english } from './english.ts';

/** Every text of the page, by a key that the compiler knows. */
export type Texts = typeof english;

/** What is loaded, besides English, when somebody speaks it. */
const others: Readonly<Record<string, () => Promise<Texts>>> = {
  ar: async () => (await import('./arabic.ts')).arabic,
  ko: async () => (await import('./korean.ts')).korean,
};

const rightToLeftTags: ReadonlySet<string> = new Set(['ar']);

/** Figures are the same digits everywhere: they are compared with those of a terminal. */
const digits = 'latn';

let spoken: Texts = english;
let tag = 'en';

/** What the page says, in its language. */
export function texts(): Texts {
  return spoken;
}

export const languageNames: Readonly<Record<string, string>> = { en: 'English', ko: '한국어', ar: 'العربية' };

export function languageTag(): string {
  return tag;
}

export function isRightToLeft(): boolean {
  return rightToLeftTags.has(tag);
}

/** The language of figures and of lists. */
export function locale(): string {
  return `${tag}-u-nu-${digits}`;
}

/** The first that there is. @param wanted language tags, the best first */
export function languageFor(wanted: readonly string[]): string {
  const known = wanted.map((each) => each.toLowerCase().split('-')[0] ?? '').find((each) => each in languageNames);
  return known ?? 'en';
}

/** Loads the language and tells the document. Where it cannot be loaded, the page speaks English. */
export async function speak(): Promise<void> {
  const asked = new URLSearchParams(location.search).get('lang');
  const wanted = languageFor([...(asked === null ? [] : [asked]), ...navigator.languages]);
  const load = others[wanted];
  if (load !== undefined) {
    try {
      spoken = await load();
      tag = wanted;
    } catch (error) {
      console.error(`language ${wanted}: ${String(error)}`);
    }
  }
  document.documentElement.lang = tag;
  document.documentElement.dir = isRightToLeft() ? 'rtl' : 'ltr';
}
