import { type Logger, pino } from 'pino';

export type { Logger } from 'pino';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export const LOG_FORMATS = ['logfmt', 'json'] as const;

export interface LoggerOptions {
  readonly level: (typeof LOG_LEVELS)[number];
  readonly format: (typeof LOG_FORMATS)[number];
  /** Receives each finished line, newline included. */
  readonly write: (line: string) => void;
}

/** Creates a logger in Prometheus' style: `ts`, `level`, `msg`, then the fields. Errors show their message, never a stack. */
export function createLogger({ level, format, write }: LoggerOptions): Logger {
  const options = {
    level,
    base: null,
    timestamp: () => `,"ts":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: describeError },
  };
  const toText = format === 'json' ? escapeUnprintable : toLogfmt;
  return pino(options, { write: (json: string) => write(`${toText(json.trimEnd())}\n`) });
}

/** Returns an error's message with those of its causes. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `: ${describeError(error.cause)}`;
  // If several addresses refuse a connection, Node's error has a code and no message.
  const own = error.message || String('code' in error ? error.code : error.name);
  return `${own}${cause}`;
}

function toLogfmt(json: string): string {
  const { level, ts, msg, ...fields } = JSON.parse(json) as Record<string, unknown>;
  return Object.entries({ ts, level, msg, ...fields })
    .map(([key, value]) => `${key}=${quoteIfNeeded(typeof value === 'string' ? value : JSON.stringify(value))}`)
    .join(' ');
}

function quoteIfNeeded(text: string): string {
  return text !== '' && /^[^\s"=\\\p{C}]+$/u.test(text) ? text : escapeUnprintable(JSON.stringify(text));
}

// JSON leaves some characters as they are that a terminal obeys or shows as the end of a line.
function escapeUnprintable(json: string): string {
  return json.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    [...Array(character.length).keys()]
      .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}
