// The API reference: whatever the package exports says what it is.

import { fileURLToPath } from 'node:url';
import {
  Application,
  type DeclarationReflection,
  type Reflection,
  ReflectionKind,
  TSConfigReader,
  TypeDocReader,
} from 'typedoc';
import { beforeAll, describe, expect, it } from 'vitest';

const kinds =
  ReflectionKind.SomeType |
  ReflectionKind.Class |
  ReflectionKind.Variable |
  ReflectionKind.Property |
  ReflectionKind.CallSignature |
  ReflectionKind.GetSignature;

/** Types that are spelled out in place, as a schema gives them, are told by whatever has them. */
function isInPlace(reflection: Reflection): boolean {
  for (let outer = reflection.parent; outer !== undefined; outer = outer.parent) {
    if (outer.name === '__type') return true;
  }
  return reflection.name === '__type';
}

/** Members of the language's own Error are told elsewhere. */
const isInherited = (reflection: Reflection) => reflection.isDeclaration() && reflection.inheritedFrom !== undefined;

/** The literal that tells one kind of event from the others. */
function isTag(reflection: Reflection): boolean {
  return reflection.isDeclaration() && reflection.type?.type === 'literal';
}

let declared: readonly Reflection[] = [];

beforeAll(async () => {
  const root = fileURLToPath(new URL('../../..', import.meta.url));
  const options = `${root}/typedoc.json`;
  const app = await Application.bootstrap({ options, logLevel: 'Error' }, [new TypeDocReader(), new TSConfigReader()]);
  const project = await app.convert();
  expect(app.logger.hasErrors()).toBe(false);
  declared = project?.getReflectionsByKind(kinds) ?? [];
});

const nameOf = (reflection: Reflection) => (reflection as DeclarationReflection).getFullName();

describe('the API reference', () => {
  it('has a sentence for every export, option and member', () => {
    const names = declared
      .filter((each) => !each.hasComment() && !isInPlace(each) && !isTag(each) && !isInherited(each))
      .map(nameOf);
    expect(names).toEqual([]);
  });

  it('covers the front door', () => {
    const names = new Set(declared.map(({ name }) => name));
    for (const name of [
      'defineJob',
      'train',
      'startCoordinator',
      'runWorker',
      'loadModel',
      'importModel',
      'dense',
      'GraphBuilder',
      'workers',
    ]) {
      expect(names).toContain(name);
    }
  });
});
