import { CLOSE, COLON, OPEN, QUOTE, skipPlainString, skipWholeNumber, wholeNumber } from './json-bytes.ts';
import type { LineFields } from './line-fields.ts';
import { readTime } from './line-time.ts';
import { Literal } from './literal.ts';

const COUNTS = {
  'message.usage.input_tokens': 1,
  'message.usage.output_tokens': 2,
  'message.usage.cache_read_input_tokens': 3,
  'message.usage.cache_creation_input_tokens': 4,
  'message.usage.cache_creation.ephemeral_5m_input_tokens': 5,
  'message.usage.cache_creation.ephemeral_1h_input_tokens': 6,
  'message.usage.output_tokens_details.thinking_tokens': 7,
  'message.usage.server_tool_use.web_search_requests': 8,
} as const;
const [OTHER_COUNT, REQUEST, UUID, TIME] = [0, 20, 21, 22];
const TEXTS: Readonly<Record<string, number>> = { requestId: REQUEST, uuid: UUID, timestamp: TIME };
/** Fields that must not differ between the lines of a shape are few after the usage; lines with them are read in full. */
const UNUSUAL = /"(?:stop_reason|cwd|sessionId|isSidechain|forkedFrom|quotaLimits":\{.)/;
const [DIGIT_0, DIGIT_9, OPEN_LIST, CLOSE_LIST] = [0x30, 0x39, 0x5b, 0x5d];

/**
 * The end of a line from its usage on: bytes that stay the same from line to line, and between them numbers and texts
 * that differ. A line of a known shape is read in one pass without looking at its keys.
 */
export class TailShape {
  readonly #literals: readonly Literal[];
  readonly #kinds: readonly number[];
  readonly #isFast: boolean;
  /** Whether it is here that the record says that it is a response. */
  readonly isAssistant: boolean;

  private constructor(literals: readonly Literal[], kinds: readonly number[], isFast: boolean, isAssistant: boolean) {
    this.#literals = literals;
    this.#kinds = kinds;
    this.#isFast = isFast;
    this.isAssistant = isAssistant;
  }

  /** Makes the shape of a response that was read in full; `start` is the position after the usage's brace. */
  static of(bytes: Buffer, start: number, end: number, isFast: boolean, isAssistant: boolean): TailShape | undefined {
    if (UNUSUAL.test(bytes.toString('latin1', start, end))) return undefined;
    const literals: Literal[] = [];
    const kinds: number[] = [];
    const parents = ['message', 'usage'];
    let key = '';
    let literalStart = start;
    const vary = (kind: number, from: number, to: number) => {
      literals.push(new Literal(bytes.subarray(literalStart, from)));
      kinds.push(kind);
      literalStart = to;
    };
    for (let at = start; at < end; at++) {
      const byte = bytes[at] as number;
      if (byte === QUOTE) {
        const stringEnd = skipPlainString(bytes, at, end);
        if (stringEnd < 0) return undefined;
        if (bytes[stringEnd] === COLON) key = bytes.toString('latin1', at + 1, stringEnd - 1);
        else if (parents.length === 0) {
          const kind = TEXTS[key];
          if (kind !== undefined) vary(kind, at + 1, stringEnd - 1);
        }
        at = stringEnd - 1;
      } else if (byte === OPEN || byte === OPEN_LIST) parents.push(byte === OPEN ? key : '[]');
      else if (byte === CLOSE || byte === CLOSE_LIST) parents.pop();
      else if (byte >= DIGIT_0 && byte <= DIGIT_9) {
        const numberEnd = skipWholeNumber(bytes, at, end);
        if (numberEnd < 0) return undefined;
        const path = [...parents, key].join('.') as keyof typeof COUNTS;
        vary(COUNTS[path] ?? OTHER_COUNT, at, numberEnd);
        at = numberEnd - 1;
      }
    }
    literals.push(new Literal(bytes.subarray(literalStart, end)));
    return new TailShape(literals, kinds, isFast, isAssistant);
  }

  /** Reads a line of this shape into `fields`; false if it is of another one. */
  read(bytes: Buffer, view: DataView, start: number, end: number, fields: LineFields): boolean {
    const literals = this.#literals;
    const kinds = this.#kinds;
    let at = start;
    for (let index = 0; index < kinds.length; index++) {
      const literal = literals[index] as Literal;
      if (!literal.isAt(view, at)) return false;
      at += literal.length;
      const kind = kinds[index] as number;
      if (kind >= REQUEST) {
        // Its opening quote is the last byte of the literal.
        const stringEnd = skipPlainString(bytes, at - 1, end) - 1;
        if (stringEnd < 0) return false;
        if (kind === REQUEST) {
          fields.requestStart = at;
          fields.requestEnd = stringEnd;
        } else if (kind === TIME) fields.time = readTime(bytes, at - 1);
        at = stringEnd;
      } else {
        const numberEnd = skipWholeNumber(bytes, at, end);
        if (numberEnd < 0) return false;
        if (kind !== OTHER_COUNT) setCount(fields, kind, wholeNumber(bytes, at, numberEnd));
        at = numberEnd;
      }
    }
    const last = literals[kinds.length] as Literal;
    if (at + last.length !== end || !last.isAt(view, at)) return false;
    fields.isFast = this.#isFast;
    return true;
  }
}

function setCount(fields: LineFields, kind: number, count: number): void {
  switch (kind) {
    case 1:
      fields.input = count;
      break;
    case 2:
      fields.output = count;
      break;
    case 3:
      fields.cacheRead = count;
      break;
    case 4:
      fields.cacheWrite = count;
      break;
    case 5:
      fields.write5m = count;
      break;
    case 6:
      fields.write1h = count;
      break;
    case 7:
      fields.thinking = count;
      break;
    default:
      fields.webSearches = count;
  }
}
