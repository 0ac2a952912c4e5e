import { LineFields } from './line-fields.ts';
import { type Iteration, readRecord, type TokenCounts, type TranscriptRecord, type Usage } from './record.ts';
import { wholeObjects } from './whole-objects.ts';

/** Receives the contents of a line. */
export interface LineSink {
  /** `fields` is used again for the next line; its positions refer to `bytes`. */
  response(fields: LineFields, bytes: Buffer): void;
  /** The API refused a turn because of a limit. */
  limitHit(hit: LimitHit): void;
  /** A prompt or the result of a tool, to which the next response answers. */
  request(time: number): void;
}

export interface LimitHit {
  /** Identifies the record, also in copies. */
  readonly uuid: string;
  readonly time: number;
  readonly window: string;
  /** Milliseconds. */
  readonly resetsAt: number;
}

const UNKNOWN_MODEL = 'unknown';

/** Reads a line with `JSON.parse`, for all forms that {@link FastLine} leaves alone. */
export class ParsedLine {
  readonly #fields = new LineFields();
  #scratch = Buffer.alloc(4096);
  #used = 0;

  /** Returns whether the line was damaged. */
  read(bytes: Buffer, start: number, end: number, sink: LineSink): boolean {
    if (!mayMatter(bytes, start, end)) return false;
    const { objects, isDamaged } = wholeObjects(bytes.toString('utf8', start, end));
    for (const object of objects) {
      const record = readRecord(object);
      // The pieces of a damaged line may be parts of a record; only records name their session at the top.
      if (!isDamaged || record.sessionId !== undefined) this.record(record, sink);
    }
    return isDamaged;
  }

  record(record: TranscriptRecord, sink: LineSink): void {
    if (record.type === 'user') sink.request(record.time);
    if (record.type !== 'assistant') return;
    const hit = limitHitOf(record);
    if (hit) sink.limitHit(hit);
    const usage = record.message?.usage;
    if (!usage) return;
    this.#fill(record, usage);
    sink.response(this.#fields, this.#scratch);
    for (const [index, iteration] of usage.iterations.entries()) {
      if (!isApart(iteration, record.message?.model)) continue;
      this.#fillPart(iteration, index + 1, record.message?.model);
      sink.response(this.#fields, this.#scratch);
    }
  }

  #fill(record: TranscriptRecord, usage: Usage): void {
    const fields = this.#fields;
    fields.reset();
    this.#used = 0;
    const id = record.message?.id ?? record.uuid ?? `at ${record.time}`;
    [fields.idStart, fields.idEnd] = this.#write(id);
    [fields.modelStart, fields.modelEnd] = this.#write(record.message?.model ?? UNKNOWN_MODEL);
    [fields.requestStart, fields.requestEnd] = this.#write(record.requestId ?? '');
    [fields.sessionStart, fields.sessionEnd] = this.#write(record.sessionId ?? '');
    [fields.originStart, fields.originEnd] = this.#write(record.origin ?? '');
    [fields.cwdStart, fields.cwdEnd] = this.#write(JSON.stringify(record.cwd ?? '').slice(1, -1));
    fields.time = record.time;
    fields.thinking = usage.thinking;
    fields.webSearches = usage.webSearches;
    fields.isSidechain = record.isSidechain;
    fields.isFast = usage.isFast;
    fields.isFinished = record.message?.stopReason !== undefined;
    this.#fillTokens(usage);
  }

  #fillPart(iteration: Iteration, part: number, ownModel: string | undefined): void {
    const fields = this.#fields;
    fields.part = part;
    [fields.modelStart, fields.modelEnd] = this.#write(iteration.model ?? ownModel ?? UNKNOWN_MODEL);
    fields.thinking = 0;
    fields.webSearches = 0;
    this.#fillTokens(iteration);
  }

  #fillTokens(tokens: TokenCounts): void {
    const fields = this.#fields;
    fields.input = tokens.input;
    fields.output = tokens.output;
    fields.cacheRead = tokens.cacheRead;
    fields.cacheWrite = tokens.cacheWrite;
    fields.write5m = tokens.write5m;
    fields.write1h = tokens.write1h;
  }

  #write(text: string): [start: number, end: number] {
    const start = this.#used;
    const needed = start + Buffer.byteLength(text);
    if (needed > this.#scratch.length) {
      const larger = Buffer.alloc(needed * 2);
      this.#scratch.copy(larger);
      this.#scratch = larger;
    }
    this.#used = start + this.#scratch.write(text, start);
    return [start, this.#used];
  }
}

// Escaped letters in a key would hide it, so a line with them is parsed too.
function mayMatter(bytes: Buffer, start: number, end: number): boolean {
  const line = bytes.subarray(start, end);
  return ['"usage"', 'quotaLimits', '"user"', '\\u00'].some((needle) => line.includes(needle));
}

/**
 * Whether the tokens of an iteration are missing from the usage of its response: those of an advisor, of a compaction,
 * and of an attempt of another model, which is billed if it wrote anything. A fallback's tokens are those of the response.
 */
function isApart({ type, model, output }: Iteration, ownModel: string | undefined): boolean {
  if (type === 'fallback_message') return false;
  if (type === 'advisor_message' || type === 'compaction') return true;
  return model !== undefined && baseModel(model) !== baseModel(ownModel ?? '') && output > 0;
}

function baseModel(model: string): string {
  return model.replace(/\[1m\]$/, '').replace(/-\d{8}$/, '');
}

function limitHitOf({ refusal, uuid, time, message }: TranscriptRecord): LimitHit | undefined {
  return refusal && { uuid: uuid ?? message?.id ?? `at ${time}`, time, ...refusal };
}
