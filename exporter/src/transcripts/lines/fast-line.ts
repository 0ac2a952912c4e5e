import { readUsage } from './fast-usage.ts';
import { afterParent, HeadShape } from './head-shape.ts';
import {
  bytesOf,
  CLOSE,
  COMMA,
  endOfKey,
  isNull,
  isTrue,
  matches,
  OPEN,
  QUOTE,
  skipPlainString,
  skipString,
  skipValue,
} from './json-bytes.ts';
import { LineFields } from './line-fields.ts';
import { readTime } from './line-time.ts';
import { FINISHED, NO_STOP_FIELDS, readIdAndModel, readStopFields, STOP_UNKNOWN } from './message-fields.ts';
import { TailShape } from './tail-shape.ts';
import { USAGE, UsageFinder } from './usage-finder.ts';

/** A response of the API with its usage, a record without usage, and a line that has to be parsed to be known. */
export const [RESPONSE, OTHER, UNSURE] = [1, 0, -1] as const;
export type Verdict = typeof RESPONSE | typeof OTHER | typeof UNSURE;

const HEAD_MARK = Buffer.from('Uuid":');
const ASSISTANT = bytesOf('"assistant"');
const USER = bytesOf('"user"');
const KEY = {
  cwd: bytesOf('cwd'),
  forkedFrom: bytesOf('forkedFrom'),
  id: bytesOf('id'),
  isSidechain: bytesOf('isSidechain'),
  message: bytesOf('message'),
  model: bytesOf('model'),
  quotaLimits: bytesOf('quotaLimits'),
  requestId: bytesOf('requestId'),
  sessionId: bytesOf('sessionId'),
  stopReason: bytesOf('stop_reason'),
  timestamp: bytesOf('timestamp'),
  type: bytesOf('type'),
  usage: bytesOf('usage'),
};
const MOST_SHAPES = 4;
/** Lines that have no shape in common must not be slowed down by learning one from each. */
const LEARN_EVERY = 4;
/** {@link FastLine.readTopLevel} found the record's message, or a type that has no usage. */
const [AT_MESSAGE, OTHER_TYPE] = [-2, -3];

/**
 * Reads the usage of a line without parsing it: the keys before and after the message's content are walked, the
 * content is not. A line is UNSURE whenever that cannot give what `JSON.parse` would: unusual forms, escapes,
 * numbers that are no plain whole numbers, or a second record on the line.
 */
export class FastLine {
  readonly fields = new LineFields();
  /** Whether the last line was a record of type "user". */
  isUser = false;
  #isAssistant = false;
  #isStopKnown = false;
  /** Position of the next `…Uuid":`, with which the next record begins. */
  #mark = -1;
  #bytes: Buffer | undefined;
  #view: DataView = new DataView(new ArrayBuffer(0));
  /** Shapes of lines that were seen, the newest first. */
  readonly #heads: HeadShape[] = [];
  readonly #tails: TailShape[] = [];
  #misses = 0;
  readonly #usage = new UsageFinder();

  /** To be called when the buffer holds other bytes than before. */
  forget(): void {
    this.#mark = -1;
  }

  read(bytes: Buffer, start: number, end: number): Verdict {
    this.isUser = false;
    this.#isAssistant = false;
    this.#isStopKnown = false;
    if (bytes[start] !== OPEN || bytes[end - 1] !== CLOSE) return UNSURE;
    this.fields.reset();
    if (this.#bytes !== bytes) {
      this.#bytes = bytes;
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      this.#mark = -1;
    }
    const head = afterParent(bytes, start);
    if (head > 0) {
      const heads = this.#heads;
      for (let index = 0; index < heads.length; index++) {
        const shape = heads[index] as HeadShape;
        if (shape.isAt(this.#view, head)) return this.#readAfterHead(bytes, head, end, shape);
      }
    }
    return this.#readAll(bytes, start, head, end);
  }

  #readAfterHead(bytes: Buffer, head: number, end: number, shape: HeadShape): Verdict {
    const at = head + shape.length;
    this.isUser = shape.isUser;
    if (shape.isOther) return this.#isAlone(bytes, head, end) ? OTHER : UNSURE;
    this.#isAssistant = shape.isAssistant;
    shape.fill(this.fields, head);
    const idEnd = skipPlainString(bytes, at - 1, end) - 1;
    if (idEnd <= at || bytes[idEnd + 1] !== COMMA) return UNSURE;
    this.fields.idStart = at;
    this.fields.idEnd = idEnd;
    return this.#readContent(bytes, idEnd + 2, end);
  }

  #readAll(bytes: Buffer, start: number, head: number, end: number): Verdict {
    let at = start + 1;
    let firstKeyEnd = 0;
    for (;;) {
      if (bytes[at] !== QUOTE) return UNSURE;
      const keyEnd = endOfKey(bytes, at + 1, end);
      if (keyEnd < 0) return UNSURE;
      if (firstKeyEnd === 0) firstKeyEnd = keyEnd;
      const valueEnd = this.#readTopLevel(bytes, at + 1, keyEnd, end);
      if (valueEnd === OTHER_TYPE) {
        if (head > 0) this.#learnHead(bytes, head, skipPlainString(bytes, keyEnd + 2, end), true);
        return this.#isAlone(bytes, keyEnd, end) ? OTHER : UNSURE;
      }
      if (valueEnd === AT_MESSAGE) {
        const contentStart = readIdAndModel(bytes, keyEnd + 3, end, this.fields);
        if (contentStart < 0) return UNSURE;
        const { idStart, modelStart } = this.fields;
        if (head > 0 && modelStart < idStart) this.#learnHead(bytes, head, idStart, false);
        return this.#readContent(bytes, contentStart, end);
      }
      if (valueEnd < 0) return UNSURE;
      if (bytes[valueEnd] === CLOSE) {
        return valueEnd === end - 1 && this.#isAlone(bytes, firstKeyEnd, end) ? OTHER : UNSURE;
      }
      if (bytes[valueEnd] !== COMMA) return UNSURE;
      at = valueEnd + 1;
    }
  }

  #readContent(bytes: Buffer, contentStart: number, end: number): Verdict {
    if (!this.#isAlone(bytes, contentStart, end)) return UNSURE;
    const usage = this.#usage.find(bytes, end);
    if (usage < contentStart) return UNSURE;
    const stop = readStopFields(bytes, usage, contentStart);
    if (stop === NO_STOP_FIELDS) return UNSURE;
    this.#isStopKnown = stop !== STOP_UNKNOWN;
    this.fields.isFinished = stop === FINISHED;
    if (!this.#readTail(bytes, usage + USAGE.length, end)) return UNSURE;
    if (!this.#isAssistant) return OTHER;
    // Only of agents it matters whether a response was finished.
    if (this.fields.isSidechain && !this.#isStopKnown) return UNSURE;
    return Number.isNaN(this.fields.time) ? UNSURE : RESPONSE;
  }

  /** Reads from the usage on. */
  #readTail(bytes: Buffer, start: number, end: number): boolean {
    const { fields } = this;
    const { requestStart, requestEnd, time } = fields;
    for (const shape of this.#tails) {
      if (!shape.read(bytes, this.#view, start, end, fields)) continue;
      if (shape.isAssistant) this.#isAssistant = true;
      return true;
    }
    const wasAssistant = this.#isAssistant;
    // A shape that did not fit may have set fields before that showed.
    fields.resetUsage();
    fields.requestStart = requestStart;
    fields.requestEnd = requestEnd;
    fields.time = time;
    let at = readUsage(bytes, start, end, fields);
    if (at > 0) at = this.#readAfterUsage(bytes, at, end);
    if (at > 0) at = this.#readAfterMessage(bytes, at, end);
    if (at !== end) return false;
    const shape = this.#isAssistant ? TailShape.of(bytes, start, end, fields.isFast, !wasAssistant) : undefined;
    if (shape) remember(this.#tails, shape);
    return true;
  }

  #learnHead(bytes: Buffer, start: number, end: number, isOther: boolean): void {
    const { fields } = this;
    // What differs from line to line is no part of a shape.
    if (end < start || !Number.isNaN(fields.time) || fields.requestStart > 0 || this.#misses++ % LEARN_EVERY > 0)
      return;
    const shape = new HeadShape(bytes, start, end, fields, {
      isOther,
      isUser: this.isUser,
      isAssistant: this.#isAssistant,
    });
    remember(this.#heads, shape);
  }

  /** Whether no other record begins before `end`: a record that was cut may have the next one on its line. */
  #isAlone(bytes: Buffer, from: number, end: number): boolean {
    if (this.#mark < from) {
      const found = bytes.indexOf(HEAD_MARK, from);
      this.#mark = found < 0 ? Number.POSITIVE_INFINITY : found;
    }
    return this.#mark >= end;
  }

  #readTopLevel(bytes: Buffer, key: number, keyEnd: number, end: number): number {
    const value = keyEnd + 2;
    const { fields } = this;
    switch (keyEnd - key) {
      case 3:
        if (matches(bytes, key, KEY.cwd)) {
          if (bytes[value] !== QUOTE) return UNSURE;
          const valueEnd = skipString(bytes, value, end);
          fields.cwdStart = value + 1;
          fields.cwdEnd = valueEnd - 1;
          return valueEnd;
        }
        break;
      case 4:
        if (matches(bytes, key, KEY.type)) {
          if (matches(bytes, value, ASSISTANT)) {
            this.#isAssistant = true;
            return value + ASSISTANT.length;
          }
          this.isUser = matches(bytes, value, USER);
          return bytes[value] === QUOTE && skipPlainString(bytes, value, end) > 0 ? OTHER_TYPE : UNSURE;
        }
        break;
      case 7:
        if (matches(bytes, key, KEY.message)) {
          return bytes[value] === OPEN && fields.idStart === 0 ? AT_MESSAGE : UNSURE;
        }
        break;
      case 9:
        if (matches(bytes, key, KEY.timestamp)) {
          fields.time = bytes[value] === QUOTE ? readTime(bytes, value) : Number.NaN;
          return skipPlainString(bytes, value, end);
        }
        if (matches(bytes, key, KEY.requestId) && !isNull(bytes, value)) {
          if (bytes[value] !== QUOTE) return UNSURE;
          const valueEnd = skipPlainString(bytes, value, end);
          fields.requestStart = value + 1;
          fields.requestEnd = valueEnd - 1;
          return valueEnd;
        }
        if (matches(bytes, key, KEY.sessionId) && !isNull(bytes, value)) {
          if (bytes[value] !== QUOTE) return UNSURE;
          const valueEnd = skipPlainString(bytes, value, end);
          fields.sessionStart = value + 1;
          fields.sessionEnd = valueEnd - 1;
          return valueEnd;
        }
        break;
      case 10:
        if (matches(bytes, key, KEY.forkedFrom) && !isNull(bytes, value)) return UNSURE;
        break;
      case 11:
        if (matches(bytes, key, KEY.isSidechain)) fields.isSidechain = isTrue(bytes, value);
        else if (matches(bytes, key, KEY.quotaLimits)) {
          return bytes[value] === OPEN && bytes[value + 1] === CLOSE ? value + 2 : UNSURE;
        }
        break;
    }
    return skipValue(bytes, value, end);
  }

  #readAfterUsage(bytes: Buffer, start: number, end: number): number {
    let at = start;
    while (bytes[at] === COMMA) {
      if (bytes[at + 1] !== QUOTE) return -1;
      const key = at + 2;
      const keyEnd = endOfKey(bytes, key, end);
      if (keyEnd < 0) return -1;
      const length = keyEnd - key;
      if (length === 5 && (matches(bytes, key, KEY.usage) || matches(bytes, key, KEY.model))) return -1;
      if (length === 2 && matches(bytes, key, KEY.id)) return -1;
      if (length === 11 && matches(bytes, key, KEY.stopReason)) {
        this.fields.isFinished = bytes[keyEnd + 2] === QUOTE && bytes[keyEnd + 3] !== QUOTE;
        this.#isStopKnown = true;
      }
      at = skipValue(bytes, keyEnd + 2, end);
      if (at < 0) return -1;
    }
    return bytes[at] === CLOSE ? at + 1 : -1;
  }

  #readAfterMessage(bytes: Buffer, start: number, end: number): number {
    let at = start;
    while (bytes[at] === COMMA) {
      if (bytes[at + 1] !== QUOTE) return -1;
      const keyEnd = endOfKey(bytes, at + 2, end);
      if (keyEnd < 0) return -1;
      at = this.#readTopLevel(bytes, at + 2, keyEnd, end);
      if (at < 0) return -1;
    }
    return bytes[at] === CLOSE ? at + 1 : -1;
  }
}

function remember<Shape>(shapes: Shape[], shape: Shape): void {
  shapes.unshift(shape);
  shapes.length = Math.min(shapes.length, MOST_SHAPES);
}
