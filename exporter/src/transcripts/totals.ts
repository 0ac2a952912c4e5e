import type { MessageView } from './message-view.ts';

/** Sums over messages. */
export class Totals {
  input = 0;
  output = 0;
  cacheRead = 0;
  cacheWrite = 0;
  write5m = 0;
  write1h = 0;
  messages = 0;
  /** Dollars, as far as the models have prices. */
  cost = 0;
  /** Tokens of models without a price. */
  unpriced = 0;

  add(message: MessageView, cost: number | undefined): void {
    this.input += message.input;
    this.output += message.output;
    this.cacheRead += message.cacheRead;
    this.cacheWrite += message.cacheWrite;
    this.write5m += message.write5m;
    this.write1h += message.write1h;
    if (!message.isPart) this.messages++;
    if (cost === undefined) this.unpriced += message.tokens;
    else this.cost += cost;
  }

  plus(other: Totals): void {
    this.input += other.input;
    this.output += other.output;
    this.cacheRead += other.cacheRead;
    this.cacheWrite += other.cacheWrite;
    this.write5m += other.write5m;
    this.write1h += other.write1h;
    this.messages += other.messages;
    this.cost += other.cost;
    this.unpriced += other.unpriced;
  }

  get tokens(): number {
    return this.input + this.output + this.cacheRead + this.cacheWrite;
  }
}
