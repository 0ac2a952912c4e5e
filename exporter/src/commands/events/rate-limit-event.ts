import { property, type RateLimit, type RateLimits, toRateLimit } from '../report/rate-limits.ts';

/** The windows of these events that the exporter knows. */
const WINDOWS = ['five_hour', 'seven_day', 'seven_day_opus', 'seven_day_sonnet'] as const;
const EVENT_TYPE = 'rate_limit_event';

/**
 * Parses one line of `--output-format stream-json`; `undefined` if it is no event with usage. An event is sparse: most
 * describe the one window that changed, newer ones also list all in `unifiedWindows`.
 */
export function parseRateLimitEvent(line: string): RateLimits | undefined {
  if (!line.includes(EVENT_TYPE)) return undefined;
  // A byte order mark, or a title for the terminal, may come before the object.
  const event = parseJson(line.slice(line.indexOf('{')));
  if (property(event, 'type') !== EVENT_TYPE) return undefined;
  const info = property(event, 'rate_limit_info');
  const unified = property(info, 'unifiedWindows');
  const limits = WINDOWS.flatMap((window): [string, RateLimit][] => {
    const own = property(info, 'rateLimitType') === window ? info : undefined;
    const limit = readWindow(property(unified, window)) ?? readWindow(own);
    return limit ? [[window, limit]] : [];
  });
  return limits.length === 0 ? undefined : Object.fromEntries(limits);
}

/** Utilization is a fraction here, and a percentage in status lines and in the API. */
function readWindow(window: unknown): RateLimit | undefined {
  const utilization = property(window, 'utilization');
  if (typeof utilization !== 'number') return undefined;
  // Rounded, because 0.57 * 100 is not 57.
  const percentage = Math.round(utilization * 1e6) / 1e4;
  return toRateLimit(percentage, property(window, 'resetsAt'));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
