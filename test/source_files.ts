// The product's own source, as the compiler sees it: files, what each imports, how long its functions are.

import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, posix, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

export const root = fileURLToPath(new URL('..', import.meta.url));

export interface Import {
  /** As it is written. */
  readonly specifier: string;
  /** The path of the file from the project's root; undefined if it is a package or a module of Node. */
  readonly path: string | undefined;
  /** Whether only types come from it. */
  readonly isType: boolean;
}

export interface SourceFunction {
  readonly name: string;
  readonly lines: number;
}

export interface SourceFile {
  /** From the project's root, with forward slashes. */
  readonly path: string;
  readonly lines: number;
  readonly imports: readonly Import[];
  readonly functions: readonly SourceFunction[];
}

/** All of coordinator/, worker/ and shared/ that people wrote, but for AssemblyScript, which is another language. */
export async function readSourceFiles(): Promise<readonly SourceFile[]> {
  const files: Promise<SourceFile>[] = [];
  for (const folder of ['coordinator', 'shared', 'worker']) {
    for (const entry of await readdir(join(root, folder), { recursive: true, withFileTypes: true })) {
      const path = relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/');
      if (!entry.isFile() || !/\.(ts|tsx|mjs)$/.test(path) || /(^shared\/kernels|\/generated)\//.test(path)) continue;
      files.push(readFile(join(root, path), 'utf8').then((text) => parse(path, text)));
    }
  }
  return Promise.all(files);
}

export function parse(path: string, text: string): SourceFile {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
  const imports: Import[] = [];
  const functions: SourceFunction[] = [];
  const lineOf = (position: number) => source.getLineAndCharacterOfPosition(position).line;
  const visit = (node: ts.Node): void => {
    const found = importOf(node);
    if (found !== undefined) imports.push({ ...found, path: resolve(path, found.specifier) });
    if (ts.isFunctionLike(node) && 'body' in node && node.body !== undefined) {
      functions.push({ name: nameOf(node, source), lines: lineOf(node.end) - lineOf(node.getStart(source)) + 1 });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return { path, lines: text.split('\n').length - 1, imports, functions };
}

/** Static imports and exports from elsewhere, `import()`, and types written as `import('…')`. */
function importOf(node: ts.Node): Omit<Import, 'path'> | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
    if (node.moduleSpecifier === undefined || !ts.isStringLiteral(node.moduleSpecifier)) return undefined;
    return { specifier: node.moduleSpecifier.text, isType: isTypeOnly(node) };
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument) && ts.isStringLiteral(node.argument.literal)) {
    return { specifier: node.argument.literal.text, isType: true };
  }
  if (!ts.isCallExpression(node) || node.expression.kind !== ts.SyntaxKind.ImportKeyword) return undefined;
  const [specifier] = node.arguments;
  return specifier !== undefined && ts.isStringLiteral(specifier)
    ? { specifier: specifier.text, isType: false }
    : undefined;
}

function isTypeOnly(node: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  if (ts.isExportDeclaration(node)) return node.isTypeOnly;
  const { importClause } = node;
  if (importClause === undefined) return false;
  if (importClause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const { name, namedBindings } = importClause;
  if (name !== undefined || namedBindings === undefined || !ts.isNamedImports(namedBindings)) return false;
  return namedBindings.elements.every(({ isTypeOnly: isType }) => isType);
}

function resolve(importer: string, specifier: string): string | undefined {
  return specifier.startsWith('.') ? posix.join(dirname(importer), specifier) : undefined;
}

function nameOf(node: ts.SignatureDeclaration, source: ts.SourceFile): string {
  const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
  return `${node.name?.getText(source) ?? 'a function'}, line ${line + 1}`;
}
