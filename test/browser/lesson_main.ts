// `npm run lesson [-- --tabs N]`: a lesson with thirty tabs, or so many, and what it cost.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Browser } from 'playwright-core';
import { formatTable } from '../../coordinator/command_line/table.ts';
import { temporaryFolder } from '../system/processes.ts';
import { launchBrowser } from './browser.ts';
import { playLesson, type Scene } from './lesson.ts';
import { findingsOf } from './lesson_findings.ts';
import { keepPictures, screenshots } from './lesson_pictures.ts';
import { longTasksOf, watchLongTasks } from './long_tasks.ts';

const { values } = parseArgs({ options: { tabs: { type: 'string', default: '30' } } });
const size = Number(values.tabs);
if (!Number.isSafeInteger(size) || size < 3 || size > 1000) {
  console.error('usage: npm run lesson [-- --tabs N], N a whole number from 3 to 1000');
  process.exit(2);
}

/** Megabytes of a process that are its own, and its share of what it has in common with others. Linux alone tells. */
async function megabytesOf(pid: number): Promise<number> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
  return Number(/^Pss: +(\d+) kB$/m.exec(rollup)?.[1] ?? Number.NaN) / 1000;
}

async function megabytesOfBrowser(browser: Browser): Promise<number> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  const each = await Promise.all(processInfo.map(({ id }) => megabytesOf(id)));
  return each.filter(Number.isFinite).reduce((sum, megabytes) => sum + megabytes, 0);
}

const browser = await launchBrowser();
try {
  await using folder = await temporaryFolder();
  const look = async (scene: Scene) => {
    const { name, page, pid } = scene;
    const { count, longest } = await longTasksOf(page);
    console.log(
      `  ${name}: coordinator ${(await megabytesOf(pid)).toFixed(0)} MB, browser ${(await megabytesOfBrowser(browser)).toFixed(0)} MB; ` +
        `tasks over 50 ms of the teacher's page since it was last loaded: ${count}, the longest ${longest.toFixed(0)} ms`,
    );
    await keepPictures(scene);
    await watchLongTasks(page);
  };
  const report = await playLesson({
    browser,
    folder: join(folder.path, 'run'),
    size,
    look,
    print: (line) => console.log(line),
  });
  const rows = report.people.map((person) => [person.name ?? '(no name)', `${person.samples}`, person.id]);
  console.log(formatTable(['who', 'samples', 'id'], rows));
  console.log(`samples of all steps: ${report.samples}; parameters SHA-256 ${report.digest}`);
  console.log(`pictures: ${screenshots}`);
  const findings = findingsOf(report);
  for (const finding of findings) console.error(finding);
  if (findings.length === 0) console.log('the bits of one process alone; every part is the ledger’s');
  else process.exitCode = 1;
} finally {
  await browser.close();
}
