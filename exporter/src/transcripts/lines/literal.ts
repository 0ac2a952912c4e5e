/** Bytes that many lines have in common, compared four at a time. */
export class Literal {
  readonly length: number;
  readonly #words: Int32Array;
  /** The last four bytes, which overlap the words before them. */
  readonly #last: number;
  /** All bytes, if they are fewer than four. */
  readonly #few: Uint8Array;

  constructor(bytes: Uint8Array) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.length = bytes.length;
    this.#words = new Int32Array(bytes.length >> 2);
    for (let word = 0; word < this.#words.length; word++) this.#words[word] = view.getInt32(word * 4, true);
    this.#last = bytes.length < 4 ? 0 : view.getInt32(bytes.length - 4, true);
    this.#few = bytes.length < 4 ? bytes.slice() : new Uint8Array(0);
  }

  /** Whether the bytes at `start` are these. */
  isAt(view: DataView, start: number): boolean {
    const { length } = this;
    if (start + length > view.byteLength) return false;
    if (length < 4) return this.#isFewAt(view, start);
    // Beginnings of lines are alike and differ at their ends.
    if (view.getInt32(start + length - 4, true) !== this.#last) return false;
    const words = this.#words;
    for (let word = 0, at = start; word < words.length; word++, at += 4) {
      if (view.getInt32(at, true) !== words[word]) return false;
    }
    return true;
  }

  #isFewAt(view: DataView, start: number): boolean {
    const few = this.#few;
    for (let index = 0; index < few.length; index++) if (view.getUint8(start + index) !== few[index]) return false;
    return true;
  }
}
