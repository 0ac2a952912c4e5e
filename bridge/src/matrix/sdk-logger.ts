import { inspect } from 'node:util';
import type { Logger } from '@repo/common/logger';
import { type Logger as SdkLogger, logger as sdkDefaultLogger } from 'matrix-js-sdk/lib/logger.js';

/** Lets the SDK's talk into our log one level below where it would stand: its warnings are ordinary for an operator. */
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

/** Some parts of the SDK ignore the logger they are given and write to the console; these lines go the same way. */
export function redirectSdkConsole(logger: Logger): void {
  const ours = createSdkLogger(logger);
  const target = sdkDefaultLogger as unknown as ConsoleLogger;
  target.methodFactory = (method) => (method in ours ? ours[method] : ours.debug);
  target.rebuild();
}

/** What the SDK's default logger is at run time: one of the library loglevel. */
interface ConsoleLogger {
  methodFactory: (method: 'trace' | 'debug' | 'info' | 'warn' | 'error') => (...parts: unknown[]) => void;
  rebuild(): void;
}

function toText(part: unknown): string {
  if (part instanceof Error) return part.message;
  return typeof part === 'string' ? part : inspect(part, { breakLength: Number.POSITIVE_INFINITY });
}
