import type { ProgramHost } from '@repo/common/program-host';

/** What the exporter's commands get from the process they run in. */
export interface ExporterHost extends ProgramHost {
  readonly nodeVersion: string;
  readonly stdin: AsyncIterable<Uint8Array> & { readonly isTTY?: boolean };
  /** Whether a person reads what is written to `out`. */
  readonly isTerminal: boolean;
}

export const PROGRAM = {
  name: 'claude-usage-exporter',
  configVariable: 'CLAUDE_USAGE_CONFIG',
} as const;

/** A request to the API that has no complete answer by then has failed. */
export const REQUEST_TIMEOUT_MS = 15_000;
