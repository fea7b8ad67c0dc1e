// The engine in a browser tab beside the engine in Node: the same training step, in rounds that alternate.

import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Browser } from 'playwright-core';
import { formatTable, threeDigits } from '../../coordinator/command_line/table.ts';
import { launchBrowser } from '../browser/browser.ts';
import { timeWorker } from './single_worker.ts';
import { prepareSteps } from './tab_step.ts';
import { median } from './timing.ts';
import { type WorkloadName, workloads } from './workloads.ts';

const rounds = 9;
const roundTime = 300;
const warmUpTime = 1_000;

type Prepare = typeof prepareSteps;

/** What the bundled script leaves on its page. */
interface BenchPage {
  readonly bench: { readonly prepareSteps: Prepare };
  run: Awaited<ReturnType<Prepare>>;
}

export async function benchTab(names: readonly WorkloadName[]): Promise<void> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('tab_step.js', import.meta.url))],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'bench',
  });
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    await page.addScriptTag({ content: outputFiles[0]?.text ?? '' });
    const rows: string[][] = [];
    for (const name of names) {
      const inNode = await prepareSteps(name);
      await page.evaluate(async (chosen) => {
        const scope = globalThis as unknown as BenchPage;
        scope.run = await scope.bench.prepareSteps(chosen);
      }, name);
      const inTab = (milliseconds: number) =>
        page.evaluate((time) => (globalThis as unknown as BenchPage).run(time), milliseconds);
      inNode(warmUpTime);
      await inTab(warmUpTime);
      const times: { readonly node: number; readonly tab: number }[] = [];
      for (let round = 0; round < rounds; round++) times.push({ node: inNode(roundTime), tab: await inTab(roundTime) });
      const [node, tab] = [median(times.map((time) => time.node)), median(times.map((time) => time.tab))];
      const ratio = median(times.map((time) => time.node / time.tab));
      rows.push([workloads[name].title, threeDigits(node), threeDigits(tab), threeDigits(ratio)]);
    }
    console.log(
      `\nOne core, a training step in Node and in a tab of Chromium ${browser.version()} (portable; target 0.9)`,
    );
    console.log(formatTable(['', 'Node, ms', 'tab, ms', 'speed of the tab'], rows));
    await benchTabOnTheWire(browser);
  } finally {
    await browser.close();
  }
}

/** The browser's own way to the network counts here: what it costs each side beside a worker process. */
async function benchTabOnTheWire(browser: Browser): Promise<void> {
  const rows: string[][] = [];
  for (const [name, kind] of [
    ['a worker process', 'node'],
    ['a tab', browser],
  ] as const) {
    const { step, coordinator } = await timeWorker(kind);
    rows.push([name, threeDigits(step), coordinator === undefined ? '–' : threeDigits(coordinator)]);
  }
  console.log('\nA step of mnist-mlp, all on one worker');
  console.log(formatTable(['', 'step, ms', 'of which the coordinator computes, ms'], rows));
}
