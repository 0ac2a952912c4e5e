import type { Logger } from '@repo/common/logger';
import type { Logger as SdkLogger } from 'matrix-js-sdk/lib/logger.js';

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

function toText(part: unknown): string {
  if (part instanceof Error) return part.message;
  return typeof part === 'string' ? part : (JSON.stringify(part) ?? '');
}
