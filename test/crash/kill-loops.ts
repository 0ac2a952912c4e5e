import { afterRows, atRandom, byItself, type KillPoint } from './bot-process.ts';
import { CrashScenario } from './crash-scenario.ts';
import type { Verdict } from './verdict.ts';

export type Outcome = { readonly verdict: Verdict; readonly problems: readonly string[] };

/** Kills one bot again and again, at moments it can't foresee. */
export async function killAtRandom(kills: number, progress: (kills: number, verdict: Verdict) => void = () => {}) {
  const scenario = await CrashScenario.start();
  for (let life = 1; life <= kills; life++) {
    await scenario.live(atRandom);
    progress(life, scenario.verdict);
  }
  return conclude(scenario);
}

/** Kills a new bot at one moment of one of its commits, and lets it go on from there. */
export async function killAtCommit(killAt: KillPoint, options: { lateCommit?: boolean } = {}): Promise<Outcome> {
  const scenario = await CrashScenario.start(options);
  await scenario.live(byItself, killAt);
  await scenario.live(afterRows(3));
  return conclude(scenario);
}

/** Runs one bot for each point of a commit, in parallel. */
export function killAroundCommit(commit: number): Promise<Outcome[]> {
  const points = ['before', 'uncommitted', 'committed'] as const;
  return Promise.all(points.map((point) => killAtCommit({ point, commit })));
}

async function conclude(scenario: CrashScenario): Promise<Outcome> {
  const { verdict, problems } = scenario;
  await scenario.close();
  return { verdict, problems };
}
