import { posix } from 'node:path';
import { parseSync, Visitor } from 'oxc-parser';
import { isCode, lineAt, type SourceFile } from './source-file.ts';

/** A reference from one file to another, or to an installed package. */
export interface Import {
  readonly from: string;
  /** A path in the repository, or the specifier of a package. */
  readonly to: string;
  readonly line: number;
  /** Whether it is gone once the types are stripped. */
  readonly isType: boolean;
}

/** Workspaces by the name under which other workspaces import them. */
const WORKSPACES: readonly { readonly prefix: string; readonly folder: string; readonly extension: string }[] = [
  { prefix: '@repo/common/test/', folder: 'common/test/', extension: '.ts' },
  { prefix: '@repo/common/', folder: 'common/src/', extension: '.ts' },
  { prefix: 'claude-usage-exporter/', folder: 'exporter/', extension: '' },
  { prefix: 'alertmanager-matrix-bridge/', folder: 'bridge/', extension: '' },
];

/** Returns all imports of the files: of values, of types, at run time, and paths given to `new URL`. */
export function importsOf(files: readonly SourceFile[]): Import[] {
  return files.filter(({ path }) => isCode(path)).flatMap(importsOfFile);
}

function importsOfFile({ path, text }: SourceFile): Import[] {
  const found: Import[] = [];
  const add = (node: unknown, isType = false) => {
    if (!isStringLiteral(node)) return;
    found.push({ from: path, to: resolve(path, node.value), line: lineAt(text, node.start), isType });
  };
  const { program } = parseSync(path, text);
  new Visitor({
    ImportDeclaration: ({ source, importKind, specifiers }) =>
      add(source, importKind === 'type' || isAllTypes(specifiers, 'importKind')),
    ExportAllDeclaration: ({ source, exportKind }) => add(source, exportKind === 'type'),
    ExportNamedDeclaration: ({ source, exportKind, specifiers }) =>
      add(source, exportKind === 'type' || isAllTypes(specifiers, 'exportKind')),
    ImportExpression: (node) => add(node.source),
    TSImportType: ({ source }) => add(source, true),
    NewExpression(node) {
      if (node.callee.type === 'Identifier' && node.callee.name === 'URL') {
        const [target] = node.arguments;
        if (isStringLiteral(target) && /^\.\.?\//.test(target.value)) add(target);
      }
    },
  }).visit(program);
  return found;
}

function resolve(from: string, specifier: string): string {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(from), specifier);
  const workspace = WORKSPACES.find(({ prefix }) => specifier.startsWith(prefix));
  if (!workspace) return specifier;
  return workspace.folder + specifier.slice(workspace.prefix.length) + workspace.extension;
}

function isStringLiteral(node: unknown): node is { value: string; start: number } {
  return typeof node === 'object' && node !== null && 'value' in node && typeof node.value === 'string';
}

function isAllTypes(specifiers: readonly object[], kind: 'importKind' | 'exportKind'): boolean {
  return specifiers.length > 0 && specifiers.every((specifier) => Reflect.get(specifier, kind) === 'type');
}
