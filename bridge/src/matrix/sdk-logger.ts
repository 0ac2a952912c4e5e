import { inspect } from 'node:util';
import type { Logger } from '@repo/common/logger';
import { type Logger as SdkLogger, logger as sdkDefaultLogger } from 'matrix-js-sdk/lib/logger.js';

/** Writes the SDK's log one level lower, because its warnings are not relevant for operators. */
export function createSdkLogger(logger: Logger, namespace = 'matrix-js-sdk'): SdkLogger {
  const write =
    (level: 'debug' | 'warn') =>
    (...parts: unknown[]) =>
      logger[level]({ source: namespace }, parts.map(toText).join(' '));
  return {
    trace: () => {},
    debug: () => {},
    info: write('debug'),
    warn: write('debug'),
    error: write('warn'),
    getChild: (child) => createSdkLogger(logger, `${namespace} ${child}`),
  };
}

/** Redirects the parts of the SDK that ignore their logger and write to the console. */
export function redirectSdkConsole(logger: Logger): void {
  const ours = createSdkLogger(logger);
  const target = sdkDefaultLogger as unknown as ConsoleLogger;
  target.methodFactory = (method) => (method in ours ? ours[method] : ours.debug);
  target.rebuild();
}

/** Run-time type of the SDK's default logger, from the library loglevel. */
interface ConsoleLogger {
  methodFactory: (method: 'trace' | 'debug' | 'info' | 'warn' | 'error') => (...parts: unknown[]) => void;
  rebuild(): void;
}

function toText(part: unknown): string {
  if (part instanceof Error) return part.message;
  return typeof part === 'string' ? part : inspect(part, { breakLength: Number.POSITIVE_INFINITY });
}
