import { matches } from './json-bytes.ts';

export const USAGE = Buffer.from('"usage":{');
/** Digits by which the ends of lines differ in length. */
const NEAR = 8;

/** Finds the last usage of a line. */
export class UsageFinder {
  #distance = 0;

  /**
   * Tries first the place that it had in the previous line. The caller proves by what follows it that it is the usage of
   * the message.
   */
  find(bytes: Buffer, end: number): number {
    const guess = end - this.#distance;
    for (let at = guess - NEAR; at <= guess + NEAR; at++) if (matches(bytes, at, USAGE)) return at;
    const usage = bytes.lastIndexOf(USAGE, end - USAGE.length);
    if (usage >= 0) this.#distance = end - usage;
    return usage;
  }
}
