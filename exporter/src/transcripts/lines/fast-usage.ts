import {
  bytesOf,
  CLOSE,
  COMMA,
  endOfKey,
  isNull,
  matches,
  OPEN,
  QUOTE,
  skipValue,
  skipWholeNumber,
  wholeNumber,
} from './json-bytes.ts';
import type { LineFields } from './line-fields.ts';

const [OPEN_LIST, CLOSE_LIST] = [0x5b, 0x5d];
const FAST = bytesOf('"fast"');
const MESSAGE = bytesOf('"message"');
const KEY = {
  cacheCreation: bytesOf('cache_creation'),
  cacheRead: bytesOf('cache_read_input_tokens'),
  cacheWrite: bytesOf('cache_creation_input_tokens'),
  input: bytesOf('input_tokens'),
  iterations: bytesOf('iterations'),
  model: bytesOf('model'),
  output: bytesOf('output_tokens'),
  outputDetails: bytesOf('output_tokens_details'),
  serverTools: bytesOf('server_tool_use'),
  speed: bytesOf('speed'),
  thinking: bytesOf('thinking_tokens'),
  type: bytesOf('type'),
  webSearches: bytesOf('web_search_requests'),
  write1h: bytesOf('ephemeral_1h_input_tokens'),
  write5m: bytesOf('ephemeral_5m_input_tokens'),
};

/** Reads one key and its value at `key`; returns the value's end, or -1. */
type ReadMember = (bytes: Buffer, key: number, keyEnd: number, end: number, fields: LineFields) => number;

/** Reads a usage object from the position after its brace; returns the position after its closing brace, or -1. */
export function readUsage(bytes: Buffer, start: number, end: number, fields: LineFields): number {
  return readMembers(bytes, start, end, fields, readUsageMember);
}

function readMembers(bytes: Buffer, start: number, end: number, fields: LineFields, read: ReadMember): number {
  let at = start;
  if (bytes[at] === CLOSE) return at + 1;
  for (;;) {
    if (bytes[at] !== QUOTE) return -1;
    const keyEnd = endOfKey(bytes, at + 1, end);
    if (keyEnd < 0) return -1;
    at = read(bytes, at + 1, keyEnd, end, fields);
    if (at < 0) return -1;
    if (bytes[at] === CLOSE) return at + 1;
    if (bytes[at] !== COMMA) return -1;
    at++;
  }
}

function readUsageMember(bytes: Buffer, key: number, keyEnd: number, end: number, fields: LineFields): number {
  const value = keyEnd + 2;
  switch (keyEnd - key) {
    case 5:
      if (matches(bytes, key, KEY.speed)) fields.isFast = matches(bytes, value, FAST);
      break;
    case 10:
      if (matches(bytes, key, KEY.iterations)) return skipOwnIterations(bytes, value, end, fields);
      break;
    case 12:
      if (matches(bytes, key, KEY.input)) {
        const valueEnd = endOfCount(bytes, value, end);
        fields.input = countAt(bytes, value, valueEnd);
        return valueEnd;
      }
      break;
    case 13:
      if (matches(bytes, key, KEY.output)) {
        const valueEnd = endOfCount(bytes, value, end);
        fields.output = countAt(bytes, value, valueEnd);
        return valueEnd;
      }
      break;
    case 14:
      if (matches(bytes, key, KEY.cacheCreation) && bytes[value] === OPEN) {
        return readMembers(bytes, value + 1, end, fields, readCacheMember);
      }
      break;
    case 15:
      if (matches(bytes, key, KEY.serverTools) && bytes[value] === OPEN) {
        return readMembers(bytes, value + 1, end, fields, readServerToolMember);
      }
      break;
    case 21:
      if (matches(bytes, key, KEY.outputDetails) && bytes[value] === OPEN) {
        return readMembers(bytes, value + 1, end, fields, readOutputMember);
      }
      break;
    case 23:
      if (matches(bytes, key, KEY.cacheRead)) {
        const valueEnd = endOfCount(bytes, value, end);
        fields.cacheRead = countAt(bytes, value, valueEnd);
        return valueEnd;
      }
      break;
    case 27:
      if (matches(bytes, key, KEY.cacheWrite)) {
        const valueEnd = endOfCount(bytes, value, end);
        fields.cacheWrite = countAt(bytes, value, valueEnd);
        return valueEnd;
      }
      break;
  }
  return skipValue(bytes, value, end);
}

function readCacheMember(bytes: Buffer, key: number, keyEnd: number, end: number, fields: LineFields): number {
  const value = keyEnd + 2;
  if (keyEnd - key === 25) {
    if (matches(bytes, key, KEY.write5m)) {
      const valueEnd = endOfCount(bytes, value, end);
      fields.write5m = countAt(bytes, value, valueEnd);
      return valueEnd;
    }
    if (matches(bytes, key, KEY.write1h)) {
      const valueEnd = endOfCount(bytes, value, end);
      fields.write1h = countAt(bytes, value, valueEnd);
      return valueEnd;
    }
  }
  return skipValue(bytes, value, end);
}

function readServerToolMember(bytes: Buffer, key: number, keyEnd: number, end: number, fields: LineFields): number {
  const value = keyEnd + 2;
  if (keyEnd - key !== 19 || !matches(bytes, key, KEY.webSearches)) return skipValue(bytes, value, end);
  const valueEnd = endOfCount(bytes, value, end);
  fields.webSearches = countAt(bytes, value, valueEnd);
  return valueEnd;
}

function readOutputMember(bytes: Buffer, key: number, keyEnd: number, end: number, fields: LineFields): number {
  const value = keyEnd + 2;
  if (keyEnd - key !== 15 || !matches(bytes, key, KEY.thinking)) return skipValue(bytes, value, end);
  const valueEnd = endOfCount(bytes, value, end);
  fields.thinking = countAt(bytes, value, valueEnd);
  return valueEnd;
}

/** Skips iterations whose tokens the usage already includes: those of type "message" that name no model. */
function skipOwnIterations(bytes: Buffer, start: number, end: number, fields: LineFields): number {
  if (isNull(bytes, start) || bytes[start] !== OPEN_LIST) return skipValue(bytes, start, end);
  let at = start + 1;
  if (bytes[at] === CLOSE_LIST) return at + 1;
  for (;;) {
    if (bytes[at] !== OPEN) return -1;
    at = readMembers(bytes, at + 1, end, fields, skipIterationMember);
    if (at < 0) return -1;
    if (bytes[at] === CLOSE_LIST) return at + 1;
    if (bytes[at] !== COMMA) return -1;
    at++;
  }
}

function skipIterationMember(bytes: Buffer, key: number, keyEnd: number, end: number): number {
  const value = keyEnd + 2;
  if (keyEnd - key === 5 && matches(bytes, key, KEY.model)) return -1;
  if (keyEnd - key === 4 && matches(bytes, key, KEY.type) && !matches(bytes, value, MESSAGE)) return -1;
  return skipValue(bytes, value, end);
}

function endOfCount(bytes: Buffer, value: number, end: number): number {
  return isNull(bytes, value) ? skipValue(bytes, value, end) : skipWholeNumber(bytes, value, end);
}

function countAt(bytes: Buffer, value: number, valueEnd: number): number {
  return valueEnd < 0 || isNull(bytes, value) ? 0 : wholeNumber(bytes, value, valueEnd);
}
