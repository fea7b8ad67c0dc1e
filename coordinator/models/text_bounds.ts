// How texts are generated: what is usual, and what may be asked for.

/** How a text is generated if nobody says otherwise. */
export const defaultText = { length: 500, temperature: 0.8, seed: 1 } as const;

/** What each number may be; flags have the same bounds. */
export const textBounds = {
  length: { whole: true, minimum: 0, maximum: 1e9 },
  temperature: { whole: false, minimum: 0, maximum: 100 },
  topK: { whole: true, minimum: 1, maximum: 1e6 },
  seed: { whole: true, minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
} as const;
