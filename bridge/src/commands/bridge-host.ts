import type { ProgramHost } from '@repo/common/program-host';

/** The process, as the bridge's commands use it. */
export interface BridgeHost extends ProgramHost {
  readonly nodeVersion: string;
}

export const PROGRAM = {
  name: 'alertmanager-matrix-bridge',
  configVariable: 'MATRIX_BRIDGE_CONFIG',
} as const;
