// The contract of the kernels, read from their AssemblyScript: every function that a file beside this one exports is a
// kernel, under its own name, described by the comment above it. What kernels share lies in internal/.

import ts from 'typescript';

/** What an AssemblyScript type is on TypeScript's side. A pointer that may be absent is an `OptionalPointer`. */
const parameterTypes = new Map([
  ['usize', 'Pointer'],
  ['OptionalPointer', 'Pointer | 0'],
  ...['i32', 'u32', 'f32', 'f64'].map((type) => [type, 'number']),
]);
const resultTypes = new Map([['void', 'void'], ...['i32', 'u32', 'f32', 'f64'].map((type) => [type, 'number'])]);

/**
 * The kernels of one AssemblyScript file, given by its name without the ending.
 * @throws {Error} naming the function that is no kernel: undocumented, or with a type that has no counterpart.
 */
export function kernelsOf(file, source) {
  const parsed = ts.createSourceFile(`${file}.ts`, source, ts.ScriptTarget.Latest, true);
  return parsed.statements.filter(ts.isFunctionDeclaration).filter(isExported).map((node) => kernelOf(node, file, parsed));
}

/** The kernels of all files, by name. @throws {Error} if two have one name. */
export function contractOf(sources) {
  const kernels = new Map();
  for (const [file, source] of sources) {
    for (const kernel of kernelsOf(file, source)) {
      const other = kernels.get(kernel.name);
      if (other !== undefined) throw new Error(`kernel ${kernel.name} is in both ${other.file}.ts and ${file}.ts`);
      kernels.set(kernel.name, kernel);
    }
  }
  return [...kernels.values()];
}

/** AssemblyScript of the binaries' entry: it exports the kernels, and the first byte of memory behind its own data. */
export function entrySource(kernels) {
  const exports = kernels.map(({ name, file }) => `export { ${name} } from './${file}';`);
  return `${exports.join('\n')}\nexport const heapBase: usize = __heap_base;\n`;
}

/** TypeScript of the contract: the type `Kernels` and the list of their names. */
export function contractSource(kernels) {
  const members = kernels.map(({ name, parameters, result, documentation }) => {
    const list = parameters.map((parameter) => `    ${parameter.name}: ${parameter.type},\n`).join('');
    return `  ${documentation}\n  readonly ${name}: (\n${list}  ) => ${result};`;
  });
  return `import type { Pointer } from '../kernels.ts';

/** A type, not an interface, so that the exports of an instance can be checked against it by name. */
export type Kernels = {
${members.join('\n')}
};

export const kernelNames: readonly (keyof Kernels)[] = [
${kernels.map(({ name }) => `  '${name}',\n`).join('')}];
`;
}

function kernelOf(node, file, parsed) {
  const name = node.name.text;
  const fail = (what) => {
    throw new Error(`${file}.ts: kernel ${name} ${what}`);
  };
  const documentation = ts.getJSDocCommentsAndTags(node).find(ts.isJSDoc);
  if (documentation === undefined) fail('has no comment that says what it computes');
  const counterpart = (types, type, what) =>
    types.get(type?.getText(parsed)) ??
    fail(`has ${what} of type ${type?.getText(parsed)}, expected ${[...types.keys()].join(', ')}`);
  const parameters = node.parameters.map((parameter) => {
    const parameterName = parameter.name.getText(parsed);
    const type = counterpart(parameterTypes, parameter.type, `a parameter ${parameterName}`);
    return { name: parameterName, type, source: parameter.type.getText(parsed) };
  });
  const result = counterpart(resultTypes, node.type, 'a result');
  const resultSource = node.type.getText(parsed);
  return { name, file, parameters, result, resultSource, documentation: indented(documentation.getText(parsed)) };
}

function isExported(node) {
  return node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true;
}

/** A comment as it stands in the source, moved two columns to the right. */
function indented(comment) {
  return comment.replaceAll('\n', '\n  ');
}
