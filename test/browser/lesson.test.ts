// A lesson with five tabs; `npm run lesson` plays it with thirty.

import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../system/processes.ts';
import { launchBrowser } from './browser.ts';
import { playLesson, type Scene } from './lesson.ts';
import { findingsOf } from './lesson_findings.ts';
import { keepPictures } from './lesson_pictures.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

describe('a lesson', () => {
  it('lets people join by a link, come and go, and find their part and the model at its end', async () => {
    await using folder = await temporaryFolder();
    // Those of a run at work are kept by the dashboard's tests.
    const look = async (scene: Scene) => (scene.name === 'lesson' ? undefined : keepPictures(scene));
    const report = await playLesson({ browser, folder: join(folder.path, 'run'), size: 5, look });
    expect(report.parts).toHaveLength(5);
    expect(findingsOf(report)).toEqual([]);
  });
});
