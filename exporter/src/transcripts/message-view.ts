import { FLAG, type MessageTable, NUMBER, WORD } from './ledger/message-table.ts';
import type { Charge } from './prices/prices.ts';

/** One record of the table; `at` moves it to another record, so that a million of them need no object each. */
export class MessageView implements Charge {
  time = Number.NaN;
  requestedAt = Number.NaN;
  isFast = false;
  /** Tokens that belong to another message. */
  isPart = false;
  isSidechain = false;
  isFinished = false;
  input = 0;
  output = 0;
  cacheRead = 0;
  cacheWrite = 0;
  write5m = 0;
  write1h = 0;
  thinking = 0;
  webSearches = 0;
  session = 0;
  project = 0;
  model = 0;
  readonly #table: MessageTable;

  constructor(table: MessageTable) {
    this.#table = table;
  }

  get tokens(): number {
    return this.input + this.output + this.cacheRead + this.cacheWrite;
  }

  at(record: number): this {
    const table = this.#table;
    const flags = table.word(record, WORD.flags);
    this.time = table.number(record, NUMBER.time);
    this.requestedAt = this.time - table.word(record, WORD.requested);
    this.isFast = (flags & FLAG.fast) !== 0;
    this.isPart = (flags & FLAG.part) !== 0;
    this.isSidechain = (flags & FLAG.sidechain) !== 0;
    this.isFinished = (flags & FLAG.finished) !== 0;
    this.input = table.number(record, NUMBER.input);
    this.output = table.number(record, NUMBER.output);
    this.cacheRead = table.number(record, NUMBER.cacheRead);
    this.cacheWrite = table.number(record, NUMBER.cacheWrite);
    this.write5m = table.number(record, NUMBER.write5m);
    this.write1h = table.number(record, NUMBER.write1h);
    this.thinking = table.word(record, WORD.thinking);
    this.webSearches = table.word(record, WORD.webSearches);
    this.session = table.word(record, WORD.session);
    this.project = table.word(record, WORD.project);
    this.model = table.word(record, WORD.model);
    return this;
  }
}
