import { readUsage } from './fast-usage.ts';
import { afterParent, HeadShape } from './head-shape.ts';
import {
  bytesOf,
  CLOSE,
  COLON,
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
import { TailShape } from './tail-shape.ts';

/** A response of the API with its usage. */
export const RESPONSE = 1;
/** A record without usage. */
export const OTHER = 0;
/** A line that has to be parsed to know what it is. */
export const UNSURE = -1;
export type Verdict = typeof RESPONSE | typeof OTHER | typeof UNSURE;

const USAGE = Buffer.from('"usage":{');
const HEAD_MARK = Buffer.from('Uuid":');
const [BACKSLASH, LAST_OF_NULL] = [0x5c, 0x6c];
const ASSISTANT = bytesOf('"assistant"');
const USER = bytesOf('"user"');
const STOP_SEQUENCE = bytesOf('"stop_sequence"');
const STOP_REASON = bytesOf('"stop_reason"');
const STOP_DETAILS = bytesOf('"stop_details"');
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
/** Digits by which the ends of lines differ in length. */
const NEAR = 8;
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
  #usageDistance = 0;

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
        const contentStart = this.#readIdAndModel(bytes, keyEnd + 3, end);
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
    const usage = this.#findUsage(bytes, end);
    if (usage < contentStart || !this.#followsStopFields(bytes, usage, contentStart)) return UNSURE;
    if (!this.#readTail(bytes, usage + USAGE.length, end)) return UNSURE;
    if (!this.#isAssistant) return OTHER;
    // Only of agents it matters whether a response was finished.
    if (this.fields.isSidechain && !this.#isStopKnown) return UNSURE;
    return Number.isNaN(this.fields.time) ? UNSURE : RESPONSE;
  }

  /** Tries first where the usage of the previous line was; what follows it proves whether that is right. */
  #findUsage(bytes: Buffer, end: number): number {
    const guess = end - this.#usageDistance;
    for (let at = guess - NEAR; at <= guess + NEAR; at++) if (matches(bytes, at, USAGE)) return at;
    const usage = bytes.lastIndexOf(USAGE, end - USAGE.length);
    if (usage >= 0) this.#usageDistance = end - usage;
    return usage;
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
    if (this.#isAssistant) this.#learnTail(TailShape.of(bytes, start, end, fields.isFast, !wasAssistant));
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
    this.#heads.unshift(shape);
    this.#heads.length = Math.min(this.#heads.length, MOST_SHAPES);
  }

  #learnTail(shape: TailShape | undefined): void {
    if (!shape) return;
    this.#tails.unshift(shape);
    this.#tails.length = Math.min(this.#tails.length, MOST_SHAPES);
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

  /** Reads up to the id and the model, which stand before the content; returns where it got to. */
  #readIdAndModel(bytes: Buffer, start: number, end: number): number {
    const { fields } = this;
    let at = start;
    for (;;) {
      if (bytes[at] !== QUOTE) return -1;
      const keyEnd = endOfKey(bytes, at + 1, end);
      if (keyEnd < 0) return -1;
      const value = keyEnd + 2;
      const length = keyEnd - at - 1;
      // Anything but text and null before id and model is an order of keys that is not expected.
      if (bytes[value] !== QUOTE && !isNull(bytes, value)) return -1;
      const valueEnd = bytes[value] === QUOTE ? skipPlainString(bytes, value, end) : skipValue(bytes, value, end);
      if (valueEnd < 0) return -1;
      if (length === 2 && matches(bytes, at + 1, KEY.id)) {
        if (isNull(bytes, value) || valueEnd - value < 3) return -1;
        fields.idStart = value + 1;
        fields.idEnd = valueEnd - 1;
      } else if (length === 5 && matches(bytes, at + 1, KEY.model)) {
        if (isNull(bytes, value) || valueEnd - value < 3) return -1;
        fields.modelStart = value + 1;
        fields.modelEnd = valueEnd - 1;
      }
      if (bytes[valueEnd] !== COMMA) return -1;
      at = valueEnd + 1;
      if (fields.idStart > 0 && fields.modelStart > 0) return at;
    }
  }

  /**
   * Whether the usage follows the message's `stop_…` fields, and so is the message's own and not that of something
   * inside the content.
   */
  #followsStopFields(bytes: Buffer, usage: number, contentStart: number): boolean {
    let at = usage;
    for (let fields = 0; fields < 3; fields++) {
      if (bytes[at - 1] !== COMMA) return fields > 0;
      const isText = bytes[at - 2] === QUOTE;
      if (!isText && bytes[at - 2] !== LAST_OF_NULL) return fields > 0;
      const value = isText ? openingQuote(bytes, at - 2, contentStart) : at - 5;
      if (bytes[value - 1] !== COLON || !(isText || isNull(bytes, value))) return fields > 0;
      const keyEnd = value - 1;
      if (matches(bytes, keyEnd - STOP_REASON.length, STOP_REASON)) {
        this.fields.isFinished = isText && at - value > 3;
        this.#isStopKnown = true;
        return true;
      }
      if (matches(bytes, keyEnd - STOP_SEQUENCE.length, STOP_SEQUENCE)) at = keyEnd - STOP_SEQUENCE.length;
      else if (matches(bytes, keyEnd - STOP_DETAILS.length, STOP_DETAILS)) at = keyEnd - STOP_DETAILS.length;
      else return fields > 0;
    }
    return true;
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

/** The quote that opens the plain string which ends at `quote`. */
function openingQuote(bytes: Buffer, quote: number, least: number): number {
  for (let at = quote - 1; at > least; at--) {
    if (bytes[at] === QUOTE) return bytes[at - 1] === BACKSLASH ? -1 : at;
  }
  return -1;
}
