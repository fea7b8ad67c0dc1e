// A few steps of each built-in job by the engine of a real browser's tab: the bits of Node's.

import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, it } from 'vitest';
import { shortRunsOfJobs } from '../coordinator/jobs/short_runs.ts';
import { webAssemblyDigests } from '../shared/engine/short_run.ts';
import { launchBrowser, openContext } from './browser.ts';

/** What the bundled script leaves on its page. */
interface RunPage {
  readonly runs: { readonly webAssemblyDigests: typeof webAssemblyDigests };
}

it('A tab of Chromium trains every built-in job to the bits of Node', async () => {
  const runs = await shortRunsOfJobs();
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('../shared/engine/short_run.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'runs',
  });
  const browser = await launchBrowser();
  try {
    const page = await (await openContext(browser)).newPage();
    await page.addScriptTag({ content: outputFiles[0]?.text ?? '' });
    const inTab = await page.evaluate(
      (given) => (globalThis as unknown as RunPage).runs.webAssemblyDigests(given),
      runs,
    );
    expect(inTab).toEqual(await webAssemblyDigests(runs));
    expect(Object.keys(inTab)).toHaveLength(runs.length);
  } finally {
    await browser.close();
  }
});
