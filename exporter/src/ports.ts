import type { Logger } from '@repo/common/logger';
import type { OutboundFetch, OutboundSettings } from '@repo/common/outbound/outbound';
import type { WebSettings } from '@repo/common/web/serve';
import type { Config } from './config/config.ts';
import type { RootsMachine } from './transcripts/files/transcript-roots.ts';

export interface ExporterSettings {
  readonly web: WebSettings;
  readonly storagePath: string;
  readonly requestTimeoutMs: number;
  /** Holds the runbook's pages, as the build renders them. */
  readonly runbookDirectory: string;
  /** Machine whose transcripts are scanned. If absent, none are. */
  readonly transcripts?: RootsMachine & { readonly hostname: string };
  /** Directory of the pod's ServiceAccount. Defaults to where Kubernetes mounts it. */
  readonly serviceAccountDirectory?: string;
}

/** The program's access to the outside world. */
export interface Ports {
  readonly now: () => number;
  readonly random: () => number;
  readonly createFetch: (settings: OutboundSettings) => OutboundFetch;
  /** Reads the current configuration. @throws ConfigError or UnreadableFile */
  readonly readConfig: () => Config;
  /** Resolves after `ms`, or rejects when the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly nodeVersion: string;
  readonly platform: NodeJS.Platform;
  /** Passed on to child processes. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logger: Logger;
}
