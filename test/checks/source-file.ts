import { globSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';

/** A text file of the repository. `path` is relative to the root and uses slashes. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** A rule that a file breaks. `line` counts from 1. */
export interface Problem {
  readonly path: string;
  readonly line?: number;
  readonly message: string;
}

const IGNORED_FOLDERS = new Set(['node_modules', 'dist', 'coverage', '.cache', '.git']);
const TEXT =
  /(\.(c?js|json|md|mjs|py|sh|sql|svg|toml|tpl|ts|txt|ya?ml)|\/[A-Z][A-Za-z.]*|^[A-Z][A-Za-z.]*|^\.ci\/run)$/;

/** Reads every text file below `root`, except what is installed or built. */
export function readSourceFiles(root: string): SourceFile[] {
  return globSync(['*', '.*', '**/*', '.{ci,github}/**/*'], {
    cwd: root,
    withFileTypes: true,
    exclude: ({ name }) => IGNORED_FOLDERS.has(name),
  })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(root, sep).length).split(sep).join('/'))
    .filter((path, index, all) => TEXT.test(path) && path !== 'package-lock.json' && all.indexOf(path) === index)
    .sort()
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

export const isCode = (path: string) => /\.(ts|mjs)$/.test(path);

export const isTest = (path: string) => /\.test\.ts$/.test(path);

/** The 1-based line of a character offset. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}
