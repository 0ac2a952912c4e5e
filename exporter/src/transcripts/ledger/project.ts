import { existsSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve, sep } from 'node:path';

/** Folders in which tools create worktrees. To a person, such a worktree is the repository. */
const WORKTREE = /^(.+?)[\\/](?:\.claude[\\/]worktrees|\.worktrees)[\\/][^\\/]+/;

/** The name that Claude Code gives to the folder of a working directory. */
export function slugOf(path: string): string {
  return path.replace(/[^a-zA-Z0-9]/g, '-');
}

/**
 * The directory that a person knows as the project of a working directory: its git repository, of a worktree the main
 * one; without a repository the directory in which the session was started, if it is above.
 */
export function projectRoot(cwd: string, slug: string, { mergeWorktrees }: { mergeWorktrees: boolean }): string {
  const path = cwd.length > 1 ? cwd.replace(/[\\/]+$/, '') : cwd;
  const main = mergeWorktrees ? WORKTREE.exec(path)?.[1] : undefined;
  const start = main ?? path;
  return gitRoot(start, mergeWorktrees) ?? ancestors(start).find((directory) => slugOf(directory) === slug) ?? start;
}

function gitRoot(start: string, mergeWorktrees: boolean): string | undefined {
  if (!isAbsolute(start)) return undefined;
  const root = ancestors(start).find((directory) => existsSync(join(directory, '.git')));
  return root === undefined || !mergeWorktrees ? root : (mainRepository(root) ?? root);
}

// A worktree's `.git` is a file: "gitdir: /repository/.git/worktrees/NAME".
function mainRepository(root: string): string | undefined {
  try {
    const target = /^gitdir: (.+)$/m.exec(readFileSync(join(root, '.git'), 'utf8'))?.[1];
    const end = target === undefined ? -1 : resolve(root, target).indexOf(`${sep}.git${sep}worktrees${sep}`);
    return target === undefined || end < 0 ? undefined : resolve(root, target).slice(0, end);
  } catch {
    // It is a folder: the main repository itself.
    return undefined;
  }
}

function ancestors(path: string): string[] {
  const above = path.includes('\\') && !path.includes('/') ? path.slice(0, path.lastIndexOf('\\')) : dirname(path);
  return above === path || above === '' || above === '.' ? [path] : [path, ...ancestors(above)];
}
