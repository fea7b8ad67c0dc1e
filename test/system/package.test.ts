// The package as a user gets it: packed, installed into an empty folder without development dependencies, started there.

import { execFile } from 'node:child_process';
import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { isBuilt } from '../shared/native/twins.ts';
import { root } from '../source_files.ts';
import { temporaryFolder } from './processes.ts';

const execute = promisify(execFile);

/** What belongs in the package, beside the compiled product. */
const documents = [
  '.github/lesson.webp',
  'CHANGELOG.md',
  'LICENSE',
  'README.md',
  'SECURITY.md',
  'package.json',
  'shared/protocol/PROTOCOL.md',
  'test/bench/README.md',
];

/** Paths of the files in the package. */
let packed: readonly string[] = [];
/** Where it is installed: a folder with nothing else in it. */
let folder = '';

beforeAll(async () => {
  const temporary = await temporaryFolder();
  const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', temporary.path];
  const { stdout } = await execute('npm', pack, { cwd: root });
  const [{ filename, files }] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }];
  packed = files.map(({ path }) => path);
  folder = join(temporary.path, 'empty');
  await mkdir(folder);
  await writeFile(join(folder, 'package.json'), '{ "private": true }');
  const install = ['install', '--omit=dev', '--prefer-offline', '--no-audit', '--no-fund'];
  await execute('npm', [...install, join(temporary.path, filename)], { cwd: folder });
  return () => temporary[Symbol.asyncDispose]();
});

/** Runs the installed command in the folder. */
async function gradswarm(...commandArguments: readonly string[]): Promise<string> {
  const { bin } = JSON.parse(await readFile(join(folder, 'node_modules/gradswarm/package.json'), 'utf8'));
  const entry = join(folder, 'node_modules/gradswarm', bin.gradswarm);
  const { stdout } = await execute(process.execPath, [entry, ...commandArguments], {
    cwd: folder,
    env: { ...process.env, NO_COLOR: '1' },
  });
  return stdout;
}

describe('the package', () => {
  it('is not built anew each time that npx starts it from a checkout', async () => {
    const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
    const environment = { ...process.env, npm_command: 'exec' };
    const { stdout } = await execute('sh', ['-c', scripts.prepare], { cwd: root, env: environment });
    expect(stdout).toBe('');
  });

  it('lists the built-in jobs', async () => {
    expect(await gradswarm('jobs')).toMatch(/mnist-lenet.*mnist-mlp.*mnist-textbook/s);
  });

  it('trains with worker processes', async () => {
    const said = await gradswarm('train', 'mnist-mlp', '--set', 'steps=20', '--workers', '2');
    expect(said).toMatch(/worker \w+ joined \(node/);
    expect(said).toMatch(isBuilt ? /^engine {3}native \(\w+\)$/m : /^engine {3}WebAssembly/m);
    expect(said).toMatch(/test accuracy \d+\.\d\d %\s+parameters SHA-256 [0-9a-f]{64}\n$/);
  });

  it('can be imported', async () => {
    const script = "const { train } = await import('gradswarm'); console.log(typeof train);";
    const { stdout } = await execute(process.execPath, ['--input-type=module', '--eval', script], { cwd: folder });
    expect(stdout).toBe('function\n');
  });

  it('holds every file that its README links to', async () => {
    const readme = await readFile(join(folder, 'node_modules/gradswarm/README.md'), 'utf8');
    const links = [...readme.matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(([, target = '']) => target);
    const relative = links.filter((link) => !/^[a-z]+:/.test(link)).map((link) => posix.normalize(link));
    expect(relative).toContain('shared/protocol/PROTOCOL.md');
    expect(relative.filter((link) => !packed.includes(link))).toEqual([]);
  });

  it('holds nothing but documents, built-in jobs, the page, and modules that have a source and are loaded', async () => {
    const belongs =
      /^(dist\/dashboard\/|coordinator\/jobs\/.*\.json$|dist\/(coordinator|shared|worker)\/.*\.(js|d\.ts)$|dist\/shared\/native\/generated\/linux-(x64|arm64)\.node$)/;
    expect(packed.filter((path) => !documents.includes(path) && !belongs.test(path))).toEqual([]);
    const orphans: string[] = [];
    for (const path of packed.filter((each) => /^dist\/(coordinator|shared|worker)\//.test(each))) {
      const source = join(root, path.replace(/^dist\//, '').replace(/\.(d\.ts|js)$/, '.ts'));
      await access(source).catch(() => orphans.push(path));
    }
    expect(orphans, 'left from an earlier build: npm run clean removes them').toEqual([]);
    expect(
      packed.filter((path) => /^dist\/(coordinator\/dashboard|worker\/volunteer|shared\/kernels)\//.test(path)),
    ).toEqual([]);
  });
});
