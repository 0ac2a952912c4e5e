import { readTime } from './line-time.ts';

const TIMESTAMP = Buffer.from('"timestamp":"');
const SLOT_MS = 600_000;

/**
 * When the request of a response was sent: the time of the last prompt or tool result before it in its file. The times
 * stand in lines that are long and otherwise not read, so one is searched only if it can matter: windows begin at
 * 10-minute marks.
 */
export class RequestTimes {
  request: number;
  response: number;
  #bytes: Buffer | undefined;
  #start = 0;
  #end = 0;

  constructor(request = Number.NaN, response = Number.NaN) {
    this.request = request;
    this.response = response;
  }

  /** A line of type "user", of which only the place is known. */
  line(bytes: Buffer, start: number, end: number): void {
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
  }

  /** A request whose time is known. */
  at(time: number): void {
    this.request = time;
    this.#bytes = undefined;
  }

  /** To be called before the bytes of the last line are overwritten. */
  settle(): void {
    if (!this.#bytes) return;
    const at = this.#bytes.indexOf(TIMESTAMP, this.#start);
    this.request = at < 0 || at >= this.#end ? Number.NaN : readTime(this.#bytes, at + TIMESTAMP.length - 1);
    this.#bytes = undefined;
  }

  /** The time of the request of a response at `time`; `time` itself if no earlier one is known. */
  before(time: number): number {
    if (slot(this.response) === slot(time)) return time;
    this.settle();
    return this.request <= time && !(this.request < this.response) ? this.request : time;
  }
}

function slot(time: number): number {
  return Math.floor(time / SLOT_MS);
}
