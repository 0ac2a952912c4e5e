import { bytesOf, COLON, COMMA, endOfKey, isNull, matches, QUOTE, skipPlainString, skipValue } from './json-bytes.ts';
import type { LineFields } from './line-fields.ts';

const [BACKSLASH, LAST_OF_NULL] = [0x5c, 0x6c];
const KEY = { id: bytesOf('id'), model: bytesOf('model') };
const STOP_SEQUENCE = bytesOf('"stop_sequence"');
const STOP_REASON = bytesOf('"stop_reason"');
const STOP_DETAILS = bytesOf('"stop_details"');

export const NO_STOP_FIELDS = -1;
export const STOP_UNKNOWN = 0;
const UNFINISHED = 1;
export const FINISHED = 2;
export type StopFields = typeof NO_STOP_FIELDS | typeof STOP_UNKNOWN | typeof UNFINISHED | typeof FINISHED;

/** Reads up to the id and the model, which stand before the content; returns where it got to. */
export function readIdAndModel(bytes: Buffer, start: number, end: number, fields: LineFields): number {
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
 * Reads the `stop_…` fields before the usage. They show that the usage is the message's and not that of something
 * inside the content.
 */
export function readStopFields(bytes: Buffer, usage: number, contentStart: number): StopFields {
  let at = usage;
  for (let fields = 0; fields < 3; fields++) {
    if (bytes[at - 1] !== COMMA) return fields > 0 ? STOP_UNKNOWN : NO_STOP_FIELDS;
    const isText = bytes[at - 2] === QUOTE;
    if (!isText && bytes[at - 2] !== LAST_OF_NULL) return fields > 0 ? STOP_UNKNOWN : NO_STOP_FIELDS;
    const value = isText ? openingQuote(bytes, at - 2, contentStart) : at - 5;
    if (bytes[value - 1] !== COLON || !(isText || isNull(bytes, value)))
      return fields > 0 ? STOP_UNKNOWN : NO_STOP_FIELDS;
    const keyEnd = value - 1;
    if (matches(bytes, keyEnd - STOP_REASON.length, STOP_REASON)) {
      return isText && at - value > 3 ? FINISHED : UNFINISHED;
    }
    if (matches(bytes, keyEnd - STOP_SEQUENCE.length, STOP_SEQUENCE)) at = keyEnd - STOP_SEQUENCE.length;
    else if (matches(bytes, keyEnd - STOP_DETAILS.length, STOP_DETAILS)) at = keyEnd - STOP_DETAILS.length;
    else return fields > 0 ? STOP_UNKNOWN : NO_STOP_FIELDS;
  }
  return STOP_UNKNOWN;
}

/** The quote that opens the plain string which ends at `quote`. */
function openingQuote(bytes: Buffer, quote: number, least: number): number {
  for (let at = quote - 1; at > least; at--) {
    if (bytes[at] === QUOTE) return bytes[at - 1] === BACKSLASH ? -1 : at;
  }
  return -1;
}
