// The walls between rooms, as README's layout draws them, and the sizes of what is in them.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse, readSourceFiles, root, type SourceFile } from './source_files.ts';

/** Files of more than 250 lines, and why each is not two. */
const longFiles: Readonly<Record<string, string>> = {};

/** Rooms that the compiler alone holds: they may import from nearly all others. */
const outer: readonly string[] = ['coordinator/command_line', 'coordinator/library'];

/** Which rooms a room may import from; from some of them types only. */
type Arrows = ReadonlyMap<string, ReadonlyMap<string, 'values' | 'types'>>;

let files: readonly SourceFile[];
let arrows: Arrows;

beforeAll(async () => {
  files = await readSourceFiles();
  arrows = arrowsIn(await readFile(join(root, 'README.md'), 'utf8'));
});

/** The rows of the layout's table: a room in its first cell, what it imports in its last. */
function arrowsIn(readme: string): Arrows {
  const rows = [...readme.matchAll(/^\| `([a-z_]+\/[a-z_/]*|[a-z_/]+\.ts)` \|.*\| ([^|]*) \|$/gm)];
  return new Map(
    rows.map(([, place = '', imports = '']) => {
      const room = place.replace(/\/$/, '');
      const names = [...imports.matchAll(/`([^`]+)`( \(types\))?/g)];
      const parent = room.split('/')[0] ?? '';
      return [
        room,
        new Map(
          names.map(([, name = '', types]) => [
            /^(shared|worker)/.test(name) ? name : `${parent}/${name}`,
            types === undefined ? ('values' as const) : ('types' as const),
          ]),
        ),
      ];
    }),
  );
}

/** The longest room that a file is in. */
function roomOf(path: string): string {
  const rooms = [...arrows.keys()].filter((room) => path === room || path.startsWith(`${room}/`));
  return rooms.sort((one, other) => other.length - one.length)[0] ?? path;
}

/** What is wrong with the imports of files, one line each. */
function trespasses(of: readonly SourceFile[]): readonly string[] {
  return of.flatMap(({ path, imports }) =>
    imports.flatMap(({ path: imported, isType }) => {
      if (imported === undefined) return [];
      const [from, to] = [roomOf(path), roomOf(imported)];
      const allowed = arrows.get(from)?.get(to);
      if (from === to || allowed === 'values' || (allowed === 'types' && isType)) return [];
      return `${path} imports ${allowed === 'types' ? 'values' : 'something'} of ${imported}`;
    }),
  );
}

/** Imports that lead back to where they started, each as the files on the way. */
function cyclesIn(of: readonly SourceFile[]): readonly string[] {
  const targets = new Map(
    of.map(({ path, imports }) => [
      path,
      imports.flatMap(({ path: imported, isType }) => (imported === undefined || isType ? [] : imported)),
    ]),
  );
  const done = new Set<string>();
  const cycles: string[] = [];
  const walk = (path: string, way: readonly string[]): void => {
    if (way.includes(path)) cycles.push([...way.slice(way.indexOf(path)), path].join(' → '));
    if (way.includes(path) || done.has(path)) return;
    for (const target of targets.get(path) ?? []) walk(target, [...way, path]);
    done.add(path);
  };
  for (const path of targets.keys()) walk(path, []);
  return cycles;
}

describe('the walls', () => {
  it('have a row in README’s layout for every room', () => {
    expect(new Set(files.map(({ path }) => roomOf(path)))).toEqual(new Set(arrows.keys()));
  });

  it('let through no import that README’s layout does not draw', () => {
    expect(trespasses(files)).toEqual([]);
  });

  it('would stop an import across them, a value where types are drawn, and one made at run time', () => {
    const path = 'coordinator/training/planted.ts';
    expect(trespasses([parse(path, "import type { Run } from '../run/run.ts';")])).toHaveLength(1);
    expect(trespasses([parse(path, "export { Run } from '../run/run.ts';")])).toHaveLength(1);
    expect(trespasses([parse(path, "await import('../../worker/session/session.ts');")])).toHaveLength(1);
    const page = 'coordinator/web/planted.ts';
    expect(trespasses([parse(page, "import type { Run } from '../run/run.ts';")])).toEqual([]);
    expect(trespasses([parse(page, "import { type Run, x } from '../run/run.ts';")])).toHaveLength(1);
  });

  it('are the ones that the linter has', async () => {
    const { overrides } = JSON.parse(await readFile(join(root, 'biome.json'), 'utf8'));
    for (const [room, allowed] of arrows) {
      if (!/^(coordinator|worker)\/[a-z_]+$/.test(room) || outer.includes(room)) continue;
      const override = overrides.find(({ includes }: { includes: string[] }) => includes[0] === `${room}/**`);
      const { group } = override.linter.rules.style.noRestrictedImports.options.patterns[0];
      const drawn = [...allowed.keys()].filter((name) => !name.startsWith('shared')).map((name) => name.split('/')[1]);
      const patterns = ['**', '!./**', ...drawn.map((name) => `!../${name}/**`), '!../../shared/**'];
      if (!allowed.has('shared/node')) patterns.push('../../shared/node/**');
      expect(group.slice(0, patterns.length), room).toEqual(patterns);
    }
  });
});

describe('imports', () => {
  it('run in no circle, but for those of types, which are gone once compiled', () => {
    expect(cyclesIn(files)).toEqual([]);
  });

  it('that ran in a circle would be found', () => {
    const circle = [
      parse('shared/one.ts', "import { two } from './two.ts';"),
      parse('shared/two.ts', "export { one } from './one.ts';"),
    ];
    expect(cyclesIn(circle)).toEqual(['shared/one.ts → shared/two.ts → shared/one.ts']);
    expect(cyclesIn([...circle.slice(0, 1), parse('shared/two.ts', "import type { one } from './one.ts';")])).toEqual(
      [],
    );
  });
});

describe('functions', () => {
  const functions = () =>
    files.flatMap(({ path, functions: own }) => own.map(({ name, lines }) => ({ place: `${path}: ${name}`, lines })));

  it('have at most 20 lines nine times in ten', () => {
    const all = functions();
    const short = all.filter(({ lines }) => lines <= 20).length;
    expect(all.length).toBeGreaterThan(500);
    expect(short / all.length).toBeGreaterThanOrEqual(0.9);
  });

  it('have at most 60 lines', () => {
    expect(functions().filter(({ lines }) => lines > 60)).toEqual([]);
  });

  it('are measured from their first line to their last', () => {
    const { functions: found } = parse('shared/a.ts', 'export function one(): number {\n  return 1;\n}\n');
    expect(found).toEqual([{ name: 'one, line 1', lines: 3 }]);
  });
});

describe('files', () => {
  it('have at most 250 lines, but for those that are named here with a reason', () => {
    const long = files.filter(({ lines }) => lines > 250).map(({ path, lines }) => `${path}: ${lines} lines`);
    expect(long.filter((line) => longFiles[line.split(':')[0] ?? ''] === undefined)).toEqual([]);
    expect(Object.keys(longFiles).filter((path) => !long.some((line) => line.startsWith(`${path}:`)))).toEqual([]);
  });
});
