// Tasks over 50 ms of a page's own thread, as the browser tells them: what people feel as a page that hangs.

import type { Page } from 'playwright-core';

export interface LongTasks {
  readonly count: number;
  /** Milliseconds; zero if there was none. */
  readonly longest: number;
}

interface Watched {
  longTasks?: number[];
}

/** Of what follows, until the page is left. */
export async function watchLongTasks(page: Page): Promise<void> {
  await page.evaluate(() => {
    const tasks: number[] = [];
    (globalThis as Watched).longTasks = tasks;
    new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({
      type: 'longtask',
    });
  });
}

export async function longTasksOf(page: Page): Promise<LongTasks> {
  const durations = await page.evaluate(() => (globalThis as Watched).longTasks ?? []);
  return { count: durations.length, longest: Math.max(0, ...durations) };
}
