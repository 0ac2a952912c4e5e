import type { AccountView } from '../../account/account-view.ts';
import type { TierConfig } from '../../config/tier-config.ts';
import { tierAnswer } from './tier-api.ts';

export interface TierFilePorts {
  readonly views: () => readonly AccountView[];
  /** Replaces a file atomically. */
  readonly writeFile: (path: string, text: string, mode: number) => void;
  readonly onFailure: (account: string, path: string, error: unknown) => void;
  /** Resolves after `ms`, or rejects when the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Other programs read it, and it contains no secret. */
const READABLE_BY_ALL = 0o644;
const CHECK_EVERY_MS = 5_000;

/** Writes each tier file whenever its content changes, until `signal` aborts. */
export async function keepTierFiles(
  { files, policy }: TierConfig,
  { views, writeFile, onFailure, sleep }: TierFilePorts,
  signal: AbortSignal,
): Promise<void> {
  const written = new Map<string, string>();
  while (Object.keys(files).length > 0 && !signal.aborted) {
    for (const view of views()) {
      const { account } = view.state;
      // An account may have the name of a property that every object has.
      const path = Object.hasOwn(files, account) ? files[account] : undefined;
      const text = `${JSON.stringify(tierAnswer(view, policy), undefined, 2)}\n`;
      if (path === undefined || written.get(account) === text) continue;
      try {
        writeFile(path, text, READABLE_BY_ALL);
        written.set(account, text);
      } catch (error) {
        onFailure(account, path, error);
      }
    }
    await sleep(CHECK_EVERY_MS, signal).catch(() => undefined);
  }
}
