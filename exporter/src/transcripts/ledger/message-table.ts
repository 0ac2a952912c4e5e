import { KeyHash } from './key-hash.ts';
import { KeyIndex } from './key-index.ts';

/** Numbers of a record that are 64 bits wide. */
export const NUMBER = { input: 0, output: 1, cacheRead: 2, cacheWrite: 3, write5m: 4, write1h: 5, time: 6 } as const;
/** Numbers of a record that are 32 bits wide. `requested` is how long before `time` the request was sent, in ms. */
export const WORD = {
  keyHigh: 14,
  keyLow: 15,
  idHash: 16,
  session: 17,
  model: 18,
  project: 19,
  flags: 20,
  thinking: 21,
  webSearches: 22,
  requested: 23,
} as const;
export const FLAG = {
  sidechain: 1,
  fast: 2,
  finished: 4,
  hasRequest: 8,
  /** Seen only in a copy that says where it was copied from. */
  copy: 16,
  /** Tokens of another model behind a response, or growth of a message under another model: not a message. */
  part: 32,
} as const;
/** First bit of the number of times that a counted message grew under another model. */
export const GROWTHS_SHIFT = 24;

const NUMBERS = 12;
const WORDS = NUMBERS * 2;
const PAGE_BITS = 8;
/** Records in a page; pages are what is stored. */
const PAGE_RECORDS = 1 << PAGE_BITS;
const IN_PAGE = PAGE_RECORDS - 1;
export const PAGE_BYTES = PAGE_RECORDS * WORDS * 4;

interface Page {
  readonly bytes: Uint8Array;
  readonly numbers: Float64Array;
  readonly words: Uint32Array;
}

/**
 * Every message that was counted, as a fixed number of bytes, in the order in which they were first seen. Records are
 * never removed.
 */
export class MessageTable {
  count: number;
  readonly #dirtyPages = new Set<number>();
  #lastDirty = -1;
  readonly #pages: Page[];
  readonly #byKey: KeyIndex;
  readonly #byContent: KeyIndex;
  readonly #hash = new KeyHash();

  /** @param expected how many records there may be, as far as known */
  constructor(pages: readonly ArrayBuffer[] = [], count = 0, expected = count) {
    this.#pages = pages.map(pageOver);
    this.count = count;
    this.#byKey = new KeyIndex(expected);
    this.#byContent = new KeyIndex(expected);
    for (let record = 0; record < count; record++) {
      this.#byKey.set(this.word(record, WORD.keyHigh) | 0, this.word(record, WORD.keyLow) | 0, record);
      this.indexContent(record);
    }
  }

  number(record: number, field: number): number {
    return (this.#pages[record >> PAGE_BITS] as Page).numbers[(record & IN_PAGE) * NUMBERS + field] as number;
  }

  word(record: number, field: number): number {
    return (this.#pages[record >> PAGE_BITS] as Page).words[(record & IN_PAGE) * WORDS + field] as number;
  }

  hasFlag(record: number, flag: number): boolean {
    return (this.word(record, WORD.flags) & flag) !== 0;
  }

  /** Notes that the record changes, before it does. */
  touch(record: number): void {
    const page = record >> PAGE_BITS;
    if (page === this.#lastDirty) return;
    this.#lastDirty = page;
    this.#dirtyPages.add(page);
  }

  /** The pages that changed since this was last asked. */
  takeDirtyPages(): number[] {
    const pages = [...this.#dirtyPages];
    this.#dirtyPages.clear();
    this.#lastDirty = -1;
    return pages;
  }

  setNumber(record: number, field: number, value: number): void {
    (this.#pages[record >> PAGE_BITS] as Page).numbers[(record & IN_PAGE) * NUMBERS + field] = value;
  }

  setWord(record: number, field: number, value: number): void {
    (this.#pages[record >> PAGE_BITS] as Page).words[(record & IN_PAGE) * WORDS + field] = value;
  }

  pageBytes(page: number): Uint8Array {
    return (this.#pages[page] as Page).bytes;
  }

  /** Adds a record of zeros under a key. */
  append(keyHigh: number, keyLow: number): number {
    const record = this.count++;
    if (record >> PAGE_BITS === this.#pages.length) this.#pages.push(pageOver(new ArrayBuffer(PAGE_BYTES)));
    this.touch(record);
    this.setWord(record, WORD.keyHigh, keyHigh);
    this.setWord(record, WORD.keyLow, keyLow);
    this.addKey(record, keyHigh, keyLow);
    return record;
  }

  /** Lets a further key find the record. */
  addKey(record: number, keyHigh: number, keyLow: number): void {
    this.#byKey.set(keyHigh, keyLow, record);
  }

  find(keyHigh: number, keyLow: number): number {
    return this.#byKey.find(keyHigh, keyLow);
  }

  /** Lets {@link findByContent} find the record by its numbers as they are now. */
  indexContent(record: number): void {
    this.#hashContent(
      this.word(record, WORD.idHash),
      this.number(record, NUMBER.input),
      this.number(record, NUMBER.cacheRead),
      this.number(record, NUMBER.cacheWrite),
    );
    this.#byContent.set(this.#hash.high, this.#hash.low, record);
  }

  /** The newest record of a message id with the same prompt, or -1. */
  findByContent(idHash: number, input: number, cacheRead: number, cacheWrite: number): number {
    this.#hashContent(idHash, input, cacheRead, cacheWrite);
    return this.#byContent.find(this.#hash.high, this.#hash.low);
  }

  #hashContent(idHash: number, input: number, cacheRead: number, cacheWrite: number): void {
    this.#hash.start();
    this.#hash.number(idHash);
    this.#hash.number(input);
    this.#hash.number(cacheRead);
    this.#hash.number(cacheWrite);
  }
}

function pageOver(buffer: ArrayBuffer): Page {
  return { bytes: new Uint8Array(buffer), numbers: new Float64Array(buffer), words: new Uint32Array(buffer) };
}
