/** A 64-bit hash of what identifies a message, built from parts. */
export class KeyHash {
  /** Both halves are signed, which V8 keeps without allocating. */
  high = 0;
  low = 0;

  start(): void {
    this.high = 0x811c9dc5 | 0;
    this.low = 0x1b873593;
  }

  /** Adds the bytes, and that they end here: "ab" and "c" differ from "a" and "bc". */
  bytes(bytes: Uint8Array, start: number, end: number): void {
    let { high, low } = this;
    for (let at = start; at < end; at++) {
      const byte = bytes[at] as number;
      high = Math.imul(high ^ byte, 0x01000193);
      low = Math.imul(low ^ byte, 0x85ebca6b) ^ (low >>> 15);
    }
    this.high = Math.imul(high ^ 0x100, 0x01000193) | 0;
    this.low = (Math.imul(low ^ 0x100, 0x85ebca6b) ^ (low >>> 15)) | 0;
  }

  /** Adds a whole number of up to 2^53. */
  number(value: number): void {
    const [upper, lower] = [(value / 4_294_967_296) | 0, value | 0];
    this.high = Math.imul(Math.imul(this.high ^ lower, 0x01000193) ^ (lower >>> 15) ^ upper, 0x01000193) | 0;
    this.low = (Math.imul(this.low ^ lower, 0x85ebca6b) ^ Math.imul(upper ^ (this.low >>> 15), 0xc2b2ae35)) | 0;
  }
}
