import { existsSync } from 'node:fs';
import type { ProgramHost } from '@repo/common/program-host';
import type { Machine } from '../config/default-login.ts';

/** The process, as the exporter's commands use it. */
export interface ExporterHost extends ProgramHost {
  readonly nodeVersion: string;
  readonly platform: NodeJS.Platform;
  readonly stdin: AsyncIterable<Uint8Array> & { readonly isTTY?: boolean };
  /** True if `out` writes to a terminal. */
  readonly isTerminal: boolean;
  /** Writes bytes to the standard output; rejects if nobody reads them any more. */
  readonly write: (bytes: Uint8Array) => Promise<void>;
}

/** The facts about the machine that the configuration uses. */
export function machine({ platform }: ExporterHost): Machine {
  return { platform, exists: existsSync };
}

export const PROGRAM = {
  name: 'claude-usage-exporter',
  configVariable: 'CLAUDE_USAGE_CONFIG',
} as const;

/** Time limit of a request to the API. */
export const REQUEST_TIMEOUT_MS = 15_000;
