import { HEADROOM } from './file-chunks.ts';

const NEWLINE = 10;
const CARRIAGE_RETURN = 13;
/** Longer lines are passed over: no response is as long, and memory has an end. */
const LONGEST_LINE = 512 * 1024 * 1024;

/** Gets one line, without its newline. `isWhole` is false for the end of a file that may still be written. */
export type OnLine = (bytes: Buffer, start: number, end: number, isWhole: boolean) => void;

/** Cuts the chunks of one file into lines. */
export class LineSplitter {
  /** Bytes up to the end of the last whole line. */
  consumed = 0;
  /** Lines that were too long. */
  dropped = 0;
  #onLine: OnLine;
  /** Beginning of a line that continues in the next chunk. */
  #pending: Buffer[] = [];
  #pendingLength = 0;

  constructor(onLine: OnLine) {
    this.#onLine = onLine;
  }

  begin(): void {
    this.consumed = 0;
    this.#pending = [];
    this.#pendingLength = 0;
  }

  /** Takes the bytes from {@link HEADROOM} to `end`. */
  chunk(buffer: Buffer, end: number): void {
    let start = HEADROOM;
    if (this.#pendingLength > HEADROOM) {
      const newline = buffer.subarray(0, end).indexOf(NEWLINE, start);
      this.#keep(buffer, start, newline < 0 ? end : newline);
      if (newline < 0) return;
      this.#emitPending();
      start = newline + 1;
    } else if (this.#pendingLength > 0) {
      start = HEADROOM - this.#pendingLength;
      this.#pending[0]?.copy(buffer, start);
      this.#pending = [];
      this.#pendingLength = 0;
    }
    const view = end === buffer.length ? buffer : buffer.subarray(0, end);
    for (let newline = view.indexOf(NEWLINE, start); newline >= 0; newline = view.indexOf(NEWLINE, start)) {
      this.consumed += newline + 1 - start;
      this.#onLine(view, start, withoutReturn(view, start, newline), true);
      start = newline + 1;
    }
    this.#keep(view, start, end);
  }

  /** Passes on a last line without newline, which is not counted as consumed. */
  end(): void {
    if (this.#pendingLength === 0 || this.#pendingLength > LONGEST_LINE) return;
    const line = Buffer.concat(this.#pending);
    this.#onLine(line, 0, line.length, false);
  }

  #emitPending(): void {
    this.consumed += this.#pendingLength + 1;
    if (this.#pendingLength > LONGEST_LINE) this.dropped++;
    else {
      const line = Buffer.concat(this.#pending);
      this.#onLine(line, 0, withoutReturn(line, 0, line.length), true);
    }
    this.#pending = [];
    this.#pendingLength = 0;
  }

  #keep(bytes: Buffer, start: number, end: number): void {
    if (end <= start) return;
    this.#pendingLength += end - start;
    if (this.#pendingLength > LONGEST_LINE) this.#pending = [];
    else this.#pending.push(Buffer.from(bytes.subarray(start, end)));
  }
}

function withoutReturn(bytes: Buffer, start: number, end: number): number {
  return end > start && bytes[end - 1] === CARRIAGE_RETURN ? end - 1 : end;
}
