// The teacher's page in each scene of a lesson, in each view, light and dark: kept for people to look at.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Scene } from './lesson.ts';

/** Of the checkout, whether this file is run from its source or built. */
const top = import.meta.url.endsWith('.ts') ? '../../' : '../../../';

/** Kept out of version control. */
export const screenshots = fileURLToPath(new URL(`${top}dist/screenshots/`, import.meta.url));

export const sizes = {
  phone: { width: 390, height: 844 },
  laptop: { width: 1280, height: 800 },
  projector: { width: 1920, height: 1080 },
};

export async function keepPictures({ name, page }: Scene): Promise<void> {
  await mkdir(screenshots, { recursive: true });
  for (const [view, size] of Object.entries(sizes)) {
    await page.setViewportSize(size);
    await page.goto(new URL(`?view=${view}`, page.url()).href);
    await page.locator('main').waitFor();
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.screenshot({
        path: join(screenshots, `${name}-${view}-${colorScheme}.png`),
        fullPage: view !== 'projector',
      });
    }
  }
}
