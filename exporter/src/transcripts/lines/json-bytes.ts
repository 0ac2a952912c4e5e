/**
 * Reads JSON in a buffer without creating strings. The functions take the position of a value's first byte and return
 * the position after its last byte, or -1 if they cannot tell where it ends before `end`.
 */

export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const OPEN = 0x7b;
export const CLOSE = 0x7d;
const BACKSLASH = 0x5c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const [LETTER_F, LETTER_N, LETTER_T] = [0x66, 0x6e, 0x74];
const [RUE, ULL, ALSE] = [bytesOf('rue'), bytesOf('ull'), bytesOf('alse')];
/** Whole numbers of up to 15 digits are exact in a double. */
const MOST_DIGITS = 15;

/** The bytes of ASCII text, for {@link matches}. */
export function bytesOf(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}

/** Whether the bytes at `start` are `expected`. */
export function matches(bytes: Uint8Array, start: number, expected: Uint8Array): boolean {
  for (let index = 0; index < expected.length; index++) if (bytes[start + index] !== expected[index]) return false;
  return true;
}

/** The end of a string that may have escapes. */
export function skipString(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start + 1; at < end; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) return at + 1;
    if (byte === BACKSLASH) at++;
  }
  return -1;
}

/** The end of a string without escapes; -1 if it has one. */
export function skipPlainString(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start + 1; at < end; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) return at + 1;
    if (byte === BACKSLASH) return -1;
  }
  return -1;
}

/** The position of the quote that ends a key, if a colon follows it; -1 for a key with escapes. */
export function endOfKey(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (bytes[at] !== QUOTE) {
    if (bytes[at] === BACKSLASH || at >= end) return -1;
    at++;
  }
  return bytes[at + 1] === COLON ? at : -1;
}

export function skipValue(bytes: Uint8Array, start: number, end: number): number {
  const byte = bytes[start];
  if (byte === QUOTE) return skipString(bytes, start, end);
  if (byte === OPEN || byte === OPEN_LIST) return skipNested(bytes, start, end);
  if (byte === LETTER_N) return matches(bytes, start + 1, ULL) ? start + 4 : -1;
  if (byte === LETTER_T) return matches(bytes, start + 1, RUE) ? start + 4 : -1;
  if (byte === LETTER_F) return matches(bytes, start + 1, ALSE) ? start + 5 : -1;
  let at = start;
  while (at < end && isNumberByte(bytes[at] as number)) at++;
  return at === start ? -1 : at;
}

/** Whether the value at `start` is `true`. */
export function isTrue(bytes: Uint8Array, start: number): boolean {
  return bytes[start] === LETTER_T;
}

/** Whether the value at `start` is `null`. */
export function isNull(bytes: Uint8Array, start: number): boolean {
  return bytes[start] === LETTER_N;
}

/** The end of a run of digits that is a whole number; -1 for any other number or value. */
export function skipWholeNumber(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && (bytes[at] as number) >= 0x30 && (bytes[at] as number) <= 0x39) at++;
  const digits = at - start;
  if (digits === 0 || digits > MOST_DIGITS || (digits > 1 && bytes[start] === 0x30)) return -1;
  const next = bytes[at];
  return next === COMMA || next === CLOSE ? at : -1;
}

export function wholeNumber(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at++) value = value * 10 + (bytes[at] as number) - 0x30;
  return value;
}

function skipNested(bytes: Uint8Array, start: number, end: number): number {
  let depth = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      at = skipString(bytes, at, end) - 1;
      if (at < 0) return -1;
    } else if (byte === OPEN || byte === OPEN_LIST) depth++;
    else if (byte === CLOSE || byte === CLOSE_LIST) {
      depth--;
      if (depth === 0) return at + 1;
    }
  }
  return -1;
}

function isNumberByte(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) || byte === 0x2d || byte === 0x2b || byte === 0x2e || byte === 0x65 || byte === 0x45
  );
}
