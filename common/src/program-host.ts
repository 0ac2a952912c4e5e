import type { SignalSource } from './service.ts';

/** Exit codes that both programs share. */
export const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** The process, as a program uses it. */
export interface ProgramHost extends Terminal {
  /** The arguments without the interpreter and the script. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signals: SignalSource;
}
