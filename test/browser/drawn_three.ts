// A three, drawn on a page's canvas with the mouse.

import type { Locator, Page } from 'playwright-core';

/** Where the stroke passes, in parts of the canvas. */
const stroke = [
  [0.3, 0.25],
  [0.55, 0.15],
  [0.7, 0.3],
  [0.5, 0.48],
  [0.72, 0.66],
  [0.55, 0.85],
  [0.28, 0.75],
] as const;

/** @param onPart called after each part of the stroke but the first, with its number */
export async function drawThree(page: Page, canvas: Locator, onPart?: (part: number) => Promise<void>): Promise<void> {
  const box = await canvas.boundingBox();
  if (box === null) throw new Error('the canvas is not shown');
  for (const [part, [x, y]] of stroke.entries()) {
    await page.mouse.move(box.x + x * box.width, box.y + y * box.height, { steps: 8 });
    if (part === 0) await page.mouse.down();
    else await onPart?.(part);
  }
  await page.mouse.up();
}
