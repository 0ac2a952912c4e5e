import type { ExtraUsage } from './extra-usage.ts';
import type { WindowUsage } from './usage-body.ts';

/** The ways to poll: the usage endpoint with the account's token, or Claude Code, which holds the token itself. */
export type PolledSource = 'official_api' | 'claude_code';

/** Usage of one account from one good poll; replaced as a whole, never changed. */
export interface Snapshot {
  /** When the answer arrived, in milliseconds since the epoch. */
  readonly fetchedAt: number;
  /** Defaults to `official_api`. */
  readonly source?: PolledSource;
  readonly windows: readonly WindowUsage[];
  readonly extraUsage?: ExtraUsage;
  readonly unknownKeys: readonly string[];
}
