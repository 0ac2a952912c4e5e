export interface EpisodesOptions {
  /** Time without an occurrence after which the episode has ended. */
  readonly quietMs: number;
  /** Called at the end of an episode with the number of occurrences. */
  readonly ended: (key: string, count: number) => void;
}

/**
 * Groups occurrences of the same problem, so that a flood is two log lines. The returned function counts an occurrence
 * and returns whether it begins an episode.
 */
export function createEpisodes({ quietMs, ended }: EpisodesOptions): (key: string) => boolean {
  const current = new Map<string, { count: number; readonly timer: NodeJS.Timeout }>();
  return (key) => {
    const episode = current.get(key);
    if (episode) {
      episode.count += 1;
      episode.timer.refresh();
      return false;
    }
    const timer = setTimeout(() => {
      const count = current.get(key)?.count ?? 0;
      current.delete(key);
      ended(key, count);
    }, quietMs);
    // The program may stop in the middle of an episode.
    timer.unref();
    current.set(key, { count: 1, timer });
    return true;
  };
}
