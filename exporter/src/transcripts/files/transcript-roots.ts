import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';

const DESKTOP: Readonly<Record<string, readonly string[]>> = {
  darwin: ['Library', 'Application Support', 'Claude'],
  win32: ['AppData', 'Roaming', 'Claude'],
  linux: ['.config', 'Claude'],
};
/** Levels of the desktop's session folders: account, organization, session. */
const DESKTOP_DEPTH = 4;

/** A folder of projects. */
export interface TranscriptRoot {
  readonly folder: string;
  /** The configured account that its use belongs to; empty if the configuration does not say. */
  readonly account: string;
}

export interface RootsMachine {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly platform: string;
}

/**
 * The folders of projects that are scanned: those of the given configuration directories, else of those that
 * `$CLAUDE_CONFIG_DIR` (several are separated by commas) or `$CLAUDE_PATH` names, else of Claude Code's default
 * directories and of the sessions that Claude Desktop runs.
 */
export function transcriptRoots(directories: readonly string[], machine: RootsMachine): TranscriptRoot[] {
  const { env, home, platform } = machine;
  const named = directories.length > 0 ? directories : [env.CLAUDE_CONFIG_DIR || env.CLAUDE_PATH || ''];
  const chosen = named.flatMap((text) => text.split(',').map((part) => part.trim())).filter(Boolean);
  const folders =
    chosen.length > 0
      ? chosen.map((directory) => projectFolder(withHome(directory, home)))
      : [
          join(home, '.claude', 'projects'),
          join(env.XDG_CONFIG_HOME || join(home, '.config'), 'claude', 'projects'),
          ...desktopFolders(join(home, ...(DESKTOP[platform] ?? []), 'local-agent-mode-sessions'), DESKTOP_DEPTH),
        ];
  return folders.map((folder) => ({ folder, account: '' }));
}

/** The folder of projects of a configuration directory; whoever names that folder itself means it, too. */
export function projectFolder(directory: string): string {
  const projects = join(directory, 'projects');
  return !existsSync(projects) && basename(directory) === 'projects' ? directory : projects;
}

function desktopFolders(folder: string, depth: number): string[] {
  const projects = join(folder, '.claude', 'projects');
  if (existsSync(projects)) return [projects];
  if (depth === 0) return [];
  try {
    const below = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return below.flatMap(({ name }) => desktopFolders(join(folder, name), depth - 1));
  } catch {
    // Most machines have no desktop sessions.
    return [];
  }
}

function withHome(path: string, home: string): string {
  return path === '~' || path.startsWith('~/') ? join(home, path.slice(1)) : path;
}
