import type { ExtraUsage } from './extra-usage.ts';
import type { WindowUsage } from './usage-body.ts';

/** The usage of one account as one good poll found it; replaced as a whole, never changed. */
export interface Snapshot {
  /** When the API answered, in milliseconds since the epoch. */
  readonly fetchedAt: number;
  readonly windows: readonly WindowUsage[];
  readonly extraUsage?: ExtraUsage;
  readonly unknownKeys: readonly string[];
}
