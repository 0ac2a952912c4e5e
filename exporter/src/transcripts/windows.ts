import type { LimitHit } from './lines/parsed-line.ts';

/** Windows begin and end at 10-minute marks, as the resets of the API do. */
export const SLOT_MS = 600_000;
const WINDOW_MS = 5 * 3_600_000;

/** Token counts by kind. */
export interface Tokens {
  input: number;
  output: number;
  cacheRead: number;
  cacheWrite: number;
}

/** A 5-hour window. */
export interface UsageWindow extends Tokens {
  readonly start: number;
  readonly end: number;
}

/** Tokens by the 10-minute slot in which their requests were sent. */
export class SlotUsage {
  readonly #slots = new Map<number, Tokens>();

  add(requestedAt: number, input: number, output: number, cacheRead: number, cacheWrite: number): void {
    const slot = Math.floor(requestedAt / SLOT_MS);
    let tokens = this.#slots.get(slot);
    if (!tokens) {
      tokens = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
      this.#slots.set(slot, tokens);
    }
    tokens.input += input;
    tokens.output += output;
    tokens.cacheRead += cacheRead;
    tokens.cacheWrite += cacheWrite;
  }

  /**
   * The windows that the requests fall into, oldest first. One starts with the first request after the end of the
   * previous window, rounded down to 10 minutes; a refusal that says when its window ends is believed in place of that.
   */
  windows(hits: readonly LimitHit[]): UsageWindow[] {
    const known = hits
      .filter(({ window, resetsAt }) => window === 'five_hour' && !Number.isNaN(resetsAt))
      .map(({ resetsAt }) => resetsAt)
      .toSorted((a, b) => a - b);
    const windows: UsageWindow[] = [];
    for (const [slot, tokens] of [...this.#slots].toSorted(([a], [b]) => a - b)) {
      const at = slot * SLOT_MS;
      let window = windows.at(-1);
      if (!window || at >= window.end) {
        window = { ...boundsAt(at, known), input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
        windows.push(window);
      }
      window.input += tokens.input;
      window.output += tokens.output;
      window.cacheRead += tokens.cacheRead;
      window.cacheWrite += tokens.cacheWrite;
    }
    return windows;
  }
}

function boundsAt(at: number, knownResets: readonly number[]): { start: number; end: number } {
  const reset = knownResets.find((end) => at < end && at + SLOT_MS > end - WINDOW_MS);
  if (reset !== undefined) return { start: reset - WINDOW_MS, end: reset };
  const next = knownResets.find((end) => end - WINDOW_MS > at && end - WINDOW_MS < at + WINDOW_MS);
  return { start: at, end: next === undefined ? at + WINDOW_MS : next - WINDOW_MS };
}
