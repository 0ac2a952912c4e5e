import type { LineFields } from '../lines/line-fields.ts';
import { KeyHash } from './key-hash.ts';
import { FLAG, GROWTHS_SHIFT, type MessageTable, NUMBER, WORD } from './message-table.ts';

/** Session, project and model of a response, as numbers in the name lists. */
export interface Place {
  readonly session: number;
  readonly project: number;
  readonly model: number;
  /** When the request was sent, as far as known; asked only for messages that are new. */
  readonly requestedAt: (time: number) => number;
}

/** The fields that add up, in the order in which they stand in a {@link Before}. */
const SUMS = [
  NUMBER.input,
  NUMBER.output,
  NUMBER.cacheRead,
  NUMBER.cacheWrite,
  NUMBER.write5m,
  NUMBER.write1h,
] as const;

/** Numbers under a message: from 1 on growth under another model, from here on its parts. */
const FIRST_PART = 256;

/** A counted record as it was before it grew: what {@link SUMS} name, thinking tokens and web searches. */
export type Before = readonly number[];

/**
 * Counts each message once, however often it is written: streaming repeats it with growing output, forks and resumed
 * sessions copy it, and side questions replay it.
 */
export class Ledger {
  readonly table: MessageTable;
  /** Records below this number were counted at the last {@link settle}. */
  settled: number;
  /** Counted records that grew since then. */
  readonly grown = new Map<number, Before>();
  readonly #hash = new KeyHash();
  /** The record of the message that was added last. */
  #message = -1;

  constructor(table: MessageTable) {
    this.table = table;
    this.settled = table.count;
  }

  /** Forgets what is new: it has been counted. */
  settle(): void {
    this.settled = this.table.count;
    this.grown.clear();
  }

  add(fields: LineFields, bytes: Buffer, place: Place): void {
    fields.cacheWrite = Math.max(fields.cacheWrite, fields.write5m + fields.write1h);
    if (fields.part > 0) this.#addPart(fields, place);
    else this.#addMessage(fields, bytes, place);
  }

  #addMessage(fields: LineFields, bytes: Buffer, place: Place): void {
    const { table } = this;
    const idHash = this.#hashKey(fields, bytes);
    const { high, low } = this.#hash;
    let record = table.find(high, low);
    if (record < 0) {
      record = this.#findCopy(fields, idHash, place);
      if (record >= 0) table.addKey(record, high, low);
    }
    if (record >= 0) this.#improve(record, fields, place);
    else {
      record = this.#append(fields, place, idHash, high, low);
      table.indexContent(record);
    }
    this.#message = record;
  }

  // Parts come right after their message, and have their key from it, so that copies of the message share them.
  #addPart(fields: LineFields, place: Place): void {
    const [high, low] = this.#keyUnder(this.#message, FIRST_PART + fields.part);
    const record = this.table.find(high, low);
    if (record >= 0) this.#improve(record, fields, place);
    else this.#append(fields, place, this.table.word(this.#message, WORD.idHash), high, low);
  }

  // Without a request id, gateways give one id to different answers, of which only the prompt tells them apart; a
  // growing answer keeps its prompt. Message ids of a gateway repeat over sessions, too.
  #hashKey(fields: LineFields, bytes: Buffer): number {
    const hash = this.#hash;
    hash.start();
    hash.bytes(bytes, fields.idStart, fields.idEnd);
    const idHash = hash.high >>> 0;
    if (fields.requestEnd > fields.requestStart) hash.bytes(bytes, fields.requestStart, fields.requestEnd);
    else {
      if (fields.originEnd > fields.originStart) hash.bytes(bytes, fields.originStart, fields.originEnd);
      else hash.bytes(bytes, fields.sessionStart, fields.sessionEnd);
      hash.number(fields.input);
      hash.number(fields.cacheRead);
      hash.number(fields.cacheWrite);
    }
    return idHash;
  }

  /**
   * A message that is known under another key: a side question replays its parent under new request ids, marked as a
   * sidechain; and some lines of a message may lack the request id.
   */
  #findCopy(fields: LineFields, idHash: number, { session }: Place): number {
    const { table } = this;
    const record = table.findByContent(idHash, fields.input, fields.cacheRead, fields.cacheWrite);
    if (record < 0) return -1;
    if (fields.isSidechain || table.hasFlag(record, FLAG.sidechain)) return record;
    const hasRequest = fields.requestEnd > fields.requestStart;
    const isSameSession = table.word(record, WORD.session) === session;
    return isSameSession && hasRequest !== table.hasFlag(record, FLAG.hasRequest) ? record : -1;
  }

  #append(fields: LineFields, place: Place, idHash: number, high: number, low: number): number {
    const { table } = this;
    const record = table.append(high, low);
    table.setWord(record, WORD.idHash, idHash);
    table.setWord(record, WORD.session, place.session);
    table.setWord(record, WORD.project, place.project);
    table.setWord(record, WORD.flags, flagsOf(fields));
    this.#write(record, fields, place);
    const ago = fields.time - place.requestedAt(fields.time);
    table.setWord(record, WORD.requested, ago > 0 && ago < 2 ** 32 ? ago : 0);
    return record;
  }

  #improve(record: number, fields: LineFields, place: Place): void {
    const { table } = this;
    const flags = table.word(record, WORD.flags);
    let next = flags | (flagsOf(fields) & FLAG.finished);
    // The record belongs where it was written first, and not to a copy that happens to be read before.
    if (!fields.isSidechain) next &= ~FLAG.sidechain;
    if ((flags & FLAG.copy) !== 0 && fields.originEnd === fields.originStart && record >= this.settled) {
      next &= ~FLAG.copy;
      table.touch(record);
      table.setWord(record, WORD.session, place.session);
      table.setWord(record, WORD.project, place.project);
    }
    const before = this.#total(record);
    const total = fields.input + fields.output + fields.cacheRead + fields.cacheWrite;
    if (total === before && fields.isFast) next |= FLAG.fast;
    if (total > before) next = (next & ~FLAG.fast) | (fields.isFast ? FLAG.fast : 0);
    if (next !== flags) table.touch(record);
    if (next !== flags) table.setWord(record, WORD.flags, next);
    if (total <= before) return;
    if (record >= this.settled) this.#replace(record, fields, place);
    else this.#grow(record, fields, place);
  }

  #replace(record: number, fields: LineFields, place: Place): void {
    const { table } = this;
    const requestedAt = table.number(record, NUMBER.time) - table.word(record, WORD.requested);
    this.#write(record, fields, place);
    table.setWord(record, WORD.requested, Math.max(0, Math.min(fields.time - requestedAt, 2 ** 32 - 1)) || 0);
    if (fields.part === 0) table.indexContent(record);
  }

  /** Adds what a counted message has gained, under the model that it names now; nothing that was counted is taken back. */
  #grow(record: number, fields: LineFields, place: Place): void {
    const { table } = this;
    const growths = table.word(record, WORD.flags) >>> GROWTHS_SHIFT;
    const newest = growths === 0 ? record : this.#growth(record, growths);
    if (table.word(newest, WORD.model) === place.model) {
      this.#remember(newest);
      table.touch(newest);
      this.#addGrowth(newest, record, fields, growths);
      return;
    }
    const growth = table.append(...this.#keyUnder(record, growths + 1));
    table.setWord(record, WORD.flags, table.word(record, WORD.flags) + (1 << GROWTHS_SHIFT));
    table.setWord(growth, WORD.idHash, table.word(record, WORD.idHash));
    table.setWord(growth, WORD.session, table.word(record, WORD.session));
    table.setWord(growth, WORD.project, table.word(record, WORD.project));
    table.setWord(growth, WORD.model, place.model);
    table.setWord(growth, WORD.flags, flagsOf(fields) | FLAG.part);
    table.setNumber(growth, NUMBER.time, fields.time);
    this.#addGrowth(growth, record, fields, growths);
  }

  #addGrowth(target: number, record: number, fields: LineFields, growths: number): void {
    const { table } = this;
    for (const field of SUMS) {
      let counted = table.number(record, field);
      for (let number = 1; number <= growths; number++) counted += table.number(this.#growth(record, number), field);
      const gain = (sumsOf(fields)[field] as number) - counted;
      if (gain > 0) table.setNumber(target, field, table.number(target, field) + gain);
    }
    table.setWord(target, WORD.thinking, Math.max(table.word(target, WORD.thinking), word(fields.thinking)));
    table.setWord(target, WORD.webSearches, Math.max(table.word(target, WORD.webSearches), word(fields.webSearches)));
  }

  #growth(record: number, number: number): number {
    return this.table.find(...this.#keyUnder(record, number));
  }

  #keyUnder(record: number, number: number): [high: number, low: number] {
    const hash = this.#hash;
    hash.start();
    hash.number(this.table.word(record, WORD.keyHigh));
    hash.number(this.table.word(record, WORD.keyLow));
    hash.number(number);
    return [hash.high, hash.low];
  }

  #remember(record: number): void {
    if (record >= this.settled || this.grown.has(record)) return;
    const { table } = this;
    const sums = SUMS.map((field) => table.number(record, field));
    this.grown.set(record, [...sums, table.word(record, WORD.thinking), table.word(record, WORD.webSearches)]);
  }

  #total(record: number): number {
    const { table } = this;
    let total = 0;
    const growths = table.word(record, WORD.flags) >>> GROWTHS_SHIFT;
    for (let number = 0; number <= growths; number++) {
      const at = number === 0 ? record : this.#growth(record, number);
      total += table.number(at, NUMBER.input) + table.number(at, NUMBER.output);
      total += table.number(at, NUMBER.cacheRead) + table.number(at, NUMBER.cacheWrite);
    }
    return total;
  }

  #write(record: number, fields: LineFields, { model }: Place): void {
    const { table } = this;
    table.touch(record);
    table.setWord(record, WORD.model, model);
    table.setNumber(record, NUMBER.input, fields.input);
    table.setNumber(record, NUMBER.output, fields.output);
    table.setNumber(record, NUMBER.cacheRead, fields.cacheRead);
    table.setNumber(record, NUMBER.cacheWrite, fields.cacheWrite);
    table.setNumber(record, NUMBER.write5m, fields.write5m);
    table.setNumber(record, NUMBER.write1h, fields.write1h);
    table.setNumber(record, NUMBER.time, fields.time);
    table.setWord(record, WORD.thinking, word(fields.thinking));
    table.setWord(record, WORD.webSearches, word(fields.webSearches));
  }
}

function flagsOf(fields: LineFields): number {
  return (
    (fields.isSidechain ? FLAG.sidechain : 0) |
    (fields.isFast ? FLAG.fast : 0) |
    (fields.isFinished ? FLAG.finished : 0) |
    (fields.requestEnd > fields.requestStart ? FLAG.hasRequest : 0) |
    (fields.originEnd > fields.originStart ? FLAG.copy : 0) |
    (fields.part > 0 ? FLAG.part : 0)
  );
}

function sumsOf(fields: LineFields): readonly number[] {
  return [fields.input, fields.output, fields.cacheRead, fields.cacheWrite, fields.write5m, fields.write1h];
}

function word(value: number): number {
  return Math.min(value, 2 ** 32 - 1);
}
