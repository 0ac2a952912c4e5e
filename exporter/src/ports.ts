import type { Logger } from '@repo/common/logger';
import type { OutboundFetch, OutboundSettings } from '@repo/common/outbound/outbound';
import type { WebSettings } from '@repo/common/web/serve';
import type { Config } from './config/config.ts';

export interface ExporterSettings {
  readonly web: WebSettings;
  readonly storagePath: string;
  readonly requestTimeoutMs: number;
  /** Where a pod finds its ServiceAccount; by default, where Kubernetes puts it. */
  readonly serviceAccountDirectory?: string;
}

/** The outside world, as the program uses it. */
export interface Ports {
  readonly now: () => number;
  readonly random: () => number;
  readonly createFetch: (settings: OutboundSettings) => OutboundFetch;
  /** The configuration as it is now. @throws ConfigError, or UnreadableFile */
  readonly readConfig: () => Config;
  /** Resolves after `ms`, or rejects when the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly nodeVersion: string;
  readonly platform: NodeJS.Platform;
  /** For the programs that are started. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logger: Logger;
}
