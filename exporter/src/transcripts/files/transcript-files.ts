import { type Dirent, readdirSync, statSync } from 'node:fs';
import { basename, join, sep } from 'node:path';
import type { TranscriptRoot } from './transcript-roots.ts';

/** Files and folders beside transcripts that hold other things, or the same once more. */
const NO_TRANSCRIPTS = new Set(['journal.jsonl', 'audit.jsonl']);
const NO_SESSIONS = new Set(['memory', 'tool-results']);
/** The file or folder was removed or is a link to nothing. */
const GONE = new Set(['ENOENT', 'ELOOP', 'ENOTDIR']);

export interface TranscriptFile {
  readonly path: string;
  /** The folder of the project, as Claude Code names it. */
  readonly slug: string;
  /** The session that the file belongs to, for records that name none. */
  readonly session: string;
  readonly account: string;
}

export interface FoundFile extends TranscriptFile {
  /** Device and inode. */
  readonly identity: string;
  readonly size: number;
  /** Changes with every change of the file, also if its size and its time of modification were set back. */
  readonly changedNs: bigint;
}

export interface FoundFiles {
  readonly files: readonly FoundFile[];
  /** Files and folders that exist and cannot be read. */
  readonly unreadable: readonly string[];
}

/** Finds each transcript once. Links are followed after all else, so that a file counts where it really is. */
export function findTranscripts(roots: readonly TranscriptRoot[]): FoundFiles {
  const walk = new Walk();
  for (const { folder, account } of roots) walk.folder(folder, [], account);
  walk.followLinks();
  return { files: [...walk.files.values()].toSorted(byDepthAndPath), unreadable: walk.unreadable };
}

class Walk {
  readonly files = new Map<string, FoundFile>();
  readonly unreadable: string[] = [];
  readonly #visited = new Set<string>();
  readonly #links: (() => void)[] = [];

  folder(path: string, below: readonly string[], account: string): void {
    this.#orUnreadable(path, () => {
      const { dev, ino } = statSync(path, { bigint: true });
      const identity = `${dev}:${ino}`;
      if (this.#visited.has(identity)) return;
      this.#visited.add(identity);
      for (const entry of readdirSync(path, { withFileTypes: true })) this.#entry(path, entry, below, account);
    });
  }

  followLinks(): void {
    for (let link = this.#links.shift(); link; link = this.#links.shift()) link();
  }

  #entry(folder: string, entry: Dirent, below: readonly string[], account: string): void {
    const path = join(folder, entry.name);
    const names = [...below, entry.name];
    if (entry.isDirectory()) {
      if (below.length === 0 || !NO_SESSIONS.has(entry.name)) this.folder(path, names, account);
    } else if (entry.isFile()) this.#file(path, names, account);
    else if (entry.isSymbolicLink()) this.#links.push(() => this.#link(path, names, account));
  }

  #link(path: string, names: readonly string[], account: string): void {
    this.#orUnreadable(path, () => {
      if (!statSync(path).isDirectory()) this.#file(path, names, account);
      else if (!NO_SESSIONS.has(basename(path))) this.folder(path, names, account);
    });
  }

  #file(path: string, names: readonly string[], account: string): void {
    if (!path.endsWith('.jsonl') || NO_TRANSCRIPTS.has(basename(path))) return;
    this.#orUnreadable(path, () => {
      const stat = statSync(path, { bigint: true });
      const identity = `${stat.dev}:${stat.ino}`;
      if (!stat.isFile() || this.files.has(identity)) return;
      const [slug = '', session = ''] = names.length > 1 ? names : ['', ...names];
      const place = { path, slug, session: session.replace(/\.jsonl$/, ''), account };
      this.files.set(identity, { ...place, identity, size: Number(stat.size), changedNs: stat.ctimeNs });
    });
  }

  #orUnreadable(path: string, body: () => void): void {
    try {
      body();
    } catch (error) {
      if (!GONE.has(String((error as NodeJS.ErrnoException).code))) this.unreadable.push(path);
    }
  }
}

// A session is read before what its agents wrote, which may copy from it.
function byDepthAndPath(a: FoundFile, b: FoundFile): number {
  const depth = a.path.split(sep).length - b.path.split(sep).length;
  return depth !== 0 ? depth : a.path < b.path ? -1 : 1;
}
