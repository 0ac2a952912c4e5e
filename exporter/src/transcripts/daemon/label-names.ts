/** Label values per host; further projects and models share the label "other". */
const MOST_PROJECTS = 200;
const MOST_MODELS = 50;
export const OTHER = 'other';

export type LabelKind = 'project' | 'model';

/**
 * Assigns label values, first come, first served. An assignment never changes, so that counters never move between
 * series.
 */
export class LabelNames {
  readonly #assigned: Map<string, string>;
  /** Assignments since this was last emptied. */
  readonly added = new Map<string, string>();

  constructor(assigned: Iterable<readonly [key: string, label: string]> = []) {
    this.#assigned = new Map(assigned);
  }

  /** `candidates` are the values that the label may have, best first. */
  label(kind: LabelKind, host: string, name: string, candidates: readonly string[]): string {
    const key = JSON.stringify([kind, host, name]);
    const known = this.#assigned.get(key);
    if (known !== undefined) return known;
    const used = this.#used(kind, host);
    const isFull = used.size >= (kind === 'project' ? MOST_PROJECTS : MOST_MODELS);
    const label = isFull
      ? OTHER
      : (candidates.find((candidate) => candidate !== OTHER && !used.has(candidate)) ?? OTHER);
    this.#assigned.set(key, label);
    this.added.set(key, label);
    return label;
  }

  #used(kind: LabelKind, host: string): Set<string> {
    const used = new Set<string>();
    for (const [key, label] of this.#assigned) {
      const [otherKind, otherHost] = JSON.parse(key) as string[];
      if (otherKind === kind && otherHost === host) used.add(label);
    }
    return used;
  }
}

/** Label values for a path: its last part, and if that is taken, more and more of it. */
export function pathCandidates(path: string): string[] {
  const parts = path.split(/[\\/]/).filter(Boolean);
  return [...parts.map((_, index) => parts.slice(parts.length - 1 - index).join('/')), path];
}
