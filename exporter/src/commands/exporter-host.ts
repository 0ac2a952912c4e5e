import { existsSync } from 'node:fs';
import type { ProgramHost } from '@repo/common/program-host';
import type { Machine } from '../config/default-login.ts';

/** What the exporter's commands get from the process they run in. */
export interface ExporterHost extends ProgramHost {
  readonly nodeVersion: string;
  readonly platform: NodeJS.Platform;
  readonly stdin: AsyncIterable<Uint8Array> & { readonly isTTY?: boolean };
  /** Whether a person reads what is written to `out`. */
  readonly isTerminal: boolean;
}

/** What the configuration may ask about the machine. */
export function machine({ platform }: ExporterHost): Machine {
  return { platform, exists: existsSync };
}

export const PROGRAM = {
  name: 'claude-usage-exporter',
  configVariable: 'CLAUDE_USAGE_CONFIG',
} as const;

/** A request to the API that has no complete answer by then has failed. */
export const REQUEST_TIMEOUT_MS = 15_000;
