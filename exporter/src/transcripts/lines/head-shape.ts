import { bytesOf, isNull, matches, QUOTE } from './json-bytes.ts';
import type { LineFields } from './line-fields.ts';
import { Literal } from './literal.ts';

const PARENT = bytesOf('{"parentUuid":');
const UUID_LENGTH = 36;
const BACKSLASH = 0x5c;

/** The position after a line's first value, if that is a parent's uuid or null; -1 for any other beginning. */
export function afterParent(bytes: Buffer, start: number): number {
  if (!matches(bytes, start, PARENT)) return -1;
  const value = start + PARENT.length;
  if (isNull(bytes, value)) return value + 4;
  if (bytes[value] !== QUOTE || bytes[value + UUID_LENGTH + 1] !== QUOTE) return -1;
  for (let at = value + 1; at <= value + UUID_LENGTH; at++) {
    if (bytes[at] === QUOTE || bytes[at] === BACKSLASH) return -1;
  }
  return value + UUID_LENGTH + 2;
}

interface HeadKind {
  readonly isOther: boolean;
  readonly isUser: boolean;
  readonly isAssistant: boolean;
}

/**
 * The beginning of a line between the uuid of its parent and the id of its message, or its type if that makes it no
 * response. The lines of a session have few of them.
 */
export class HeadShape {
  readonly length: number;
  /** Whether lines that begin so have no usage. */
  readonly isOther: boolean;
  readonly isUser: boolean;
  readonly isAssistant: boolean;
  readonly #literal: Literal;
  readonly #model: number;
  readonly #modelLength: number;
  readonly #session: number;
  readonly #sessionLength: number;
  readonly #cwd: number;
  readonly #cwdLength: number;
  readonly #isSidechain: boolean;

  /** Of a line whose beginning was read in full into `fields`. */
  constructor(bytes: Buffer, start: number, end: number, fields: LineFields, kind: HeadKind) {
    this.length = end - start;
    this.isOther = kind.isOther;
    this.isUser = kind.isUser;
    this.isAssistant = kind.isAssistant;
    this.#literal = new Literal(bytes.subarray(start, end));
    this.#model = fields.modelStart - start;
    this.#modelLength = fields.modelEnd - fields.modelStart;
    this.#session = fields.sessionStart - start;
    this.#sessionLength = fields.sessionEnd - fields.sessionStart;
    this.#cwd = fields.cwdStart - start;
    this.#cwdLength = fields.cwdEnd - fields.cwdStart;
    this.#isSidechain = fields.isSidechain;
  }

  isAt(view: DataView, start: number): boolean {
    return this.#literal.isAt(view, start);
  }

  fill(fields: LineFields, start: number): void {
    fields.modelStart = start + this.#model;
    fields.modelEnd = fields.modelStart + this.#modelLength;
    if (this.#sessionLength > 0) {
      fields.sessionStart = start + this.#session;
      fields.sessionEnd = fields.sessionStart + this.#sessionLength;
    }
    if (this.#cwdLength > 0) {
      fields.cwdStart = start + this.#cwd;
      fields.cwdEnd = fields.cwdStart + this.#cwdLength;
    }
    fields.isSidechain = this.#isSidechain;
  }
}
