import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Data directories of a run. */
export interface StateDirectories {
  /** Data of the exporter, Prometheus and Alertmanager. */
  readonly pipeline: string;
  /** Data of the bridge. */
  readonly bridge: string;
}

export interface StateNeeds {
  readonly isDemo: boolean;
  readonly hasMatrixDevice: boolean;
}

/**
 * Chooses the directories. The demo never sees data of a real login. A Matrix device keeps its keys in both cases: a
 * device that lost them could not be used again.
 */
export function stateDirectories(state: string, { isDemo, hasMatrixDevice }: StateNeeds): StateDirectories {
  const pipeline = join(state, isDemo ? 'demo' : 'login');
  return { pipeline, bridge: hasMatrixDevice ? join(state, 'matrix') : join(pipeline, 'bridge') };
}

/** Creates the directories. The demo starts without old data: otherwise it would not repeat its alerts. */
export function prepareState({ pipeline, bridge }: StateDirectories, { isDemo }: StateNeeds): void {
  if (isDemo) rmSync(pipeline, { recursive: true, force: true });
  for (const directory of [pipeline, bridge]) mkdirSync(directory, { recursive: true, mode: 0o700 });
}
