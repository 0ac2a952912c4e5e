const FIRST_CAPACITY = 1024;
const WORDS = 3;

/** Finds record numbers by a 64-bit key, without an object for each of them. */
export class KeyIndex {
  #capacity: number;
  #count = 0;
  #slots: Int32Array;

  constructor(expected: number) {
    this.#capacity = FIRST_CAPACITY;
    while (this.#capacity < expected * 2) this.#capacity *= 2;
    this.#slots = new Int32Array(this.#capacity * WORDS);
  }

  /** The record of the key, or -1. */
  find(high: number, low: number): number {
    const slots = this.#slots;
    const slot = this.#slot(high, low);
    return (slots[slot + 2] as number) - 1;
  }

  /** Sets the record of the key. */
  set(high: number, low: number, record: number): void {
    if (this.#count * 2 >= this.#capacity) this.#grow();
    const slot = this.#slot(high, low);
    if (this.#slots[slot + 2] === 0) this.#count++;
    this.#slots[slot] = high;
    this.#slots[slot + 1] = low;
    this.#slots[slot + 2] = record + 1;
  }

  #slot(high: number, low: number): number {
    const slots = this.#slots;
    const mask = this.#capacity - 1;
    for (let at = (high ^ (high >>> 15) ^ low) & mask; ; at = (at + 1) & mask) {
      const slot = at * WORDS;
      if (slots[slot + 2] === 0 || (slots[slot] === high && slots[slot + 1] === low)) return slot;
    }
  }

  #grow(): void {
    const old = this.#slots;
    this.#capacity *= 2;
    this.#slots = new Int32Array(this.#capacity * WORDS);
    for (let slot = 0; slot < old.length; slot += WORDS) {
      if (old[slot + 2] === 0) continue;
      const target = this.#slot(old[slot] as number, old[slot + 1] as number);
      for (let word = 0; word < WORDS; word++) this.#slots[target + word] = old[slot + word] as number;
    }
  }
}
