import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openHistory } from '../../../exporter/src/history/history.ts';
import { type PastSample, pastSamples } from '../usage-simulator/past.ts';
import type { Scenario } from '../usage-simulator/scenario.ts';

/** Usage of an account before the start, by window. */
export type Past = ReadonlyMap<string, readonly PastSample[]>;

/** Returns the past of each account of a scenario that starts at `start`. */
export function pastOf(scenario: Scenario, start: number, days: number): ReadonlyMap<string, Past> {
  return new Map(
    Object.entries(scenario.accounts).map(([account, { windows }]) => [
      account,
      new Map(Object.entries(windows).map(([name, window]) => [name, pastSamples(window, start, days)])),
    ]),
  );
}

/** Writes the past into the exporter's history before the exporter starts. */
export function seedHistory(storage: string, past: ReadonlyMap<string, Past>, start: number): void {
  mkdirSync(storage, { recursive: true });
  using history = openHistory(join(storage, 'history.sqlite'), start);
  for (const [account, windows] of past) {
    const samples = [...windows].flatMap(([window, values]) => values.map((value) => ({ window, ...value })));
    history.importSamples(account, samples);
  }
}
