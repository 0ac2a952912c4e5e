import type { Import } from './imports.ts';
import { isTest, type Problem } from './source-file.ts';

/**
 * Reports folders of one `src` that import each other, directly or through further folders. Types and tests are not
 * counted: neither decides the order in which modules load.
 */
export function checkFolderCycles(imports: readonly Import[]): Problem[] {
  const edges = new Map<string, Map<string, Import>>();
  for (const edge of imports) {
    const from = folderOf(edge.from);
    const to = folderOf(edge.to);
    if (!from || !to || from === to || edge.isType || isTest(edge.from)) continue;
    const targets = edges.get(from) ?? new Map<string, Import>();
    if (!targets.has(to)) targets.set(to, edge);
    edges.set(from, targets);
  }
  return [...edges].flatMap(([from, targets]) =>
    [...targets]
      .filter(([to]) => reaches(edges, to, from))
      .map(([to, { from: path, to: target, line }]) => ({
        path,
        line,
        message: `${from} and ${to} import each other, here through ${target}`,
      })),
  );
}

/** The folder directly below `src`. Files directly in `src` belong to none. */
function folderOf(path: string): string | undefined {
  return /^[a-z]+\/src\/[^/]+(?=\/)/.exec(path)?.[0];
}

function reaches(edges: ReadonlyMap<string, ReadonlyMap<string, Import>>, start: string, goal: string): boolean {
  const seen = new Set<string>();
  const queue = [start];
  for (let folder = queue.pop(); folder !== undefined; folder = queue.pop()) {
    if (folder === goal) return true;
    if (seen.has(folder)) continue;
    seen.add(folder);
    queue.push(...(edges.get(folder)?.keys() ?? []));
  }
  return false;
}
