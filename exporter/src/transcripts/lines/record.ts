import { parseTime } from './line-time.ts';

/**
 * What is read of a line. All else in it is passed over, and a field of an unexpected type is as if it were absent,
 * because a single odd field must not hide the others. Without a schema library: loading one takes as long as scanning
 * 100 MB.
 */
export interface TranscriptRecord {
  readonly type: string | undefined;
  readonly uuid: string | undefined;
  /** Milliseconds; NaN if the record gives no time. */
  readonly time: number;
  readonly sessionId: string | undefined;
  readonly requestId: string | undefined;
  readonly cwd: string | undefined;
  readonly isSidechain: boolean;
  /** The session that the record was copied from. */
  readonly origin: string | undefined;
  readonly message: TranscriptMessage | undefined;
  /** Set if the API refused the request because of a limit. */
  readonly refusal: { readonly window: string; readonly resetsAt: number } | undefined;
}

export interface TranscriptMessage {
  readonly id: string | undefined;
  readonly model: string | undefined;
  readonly stopReason: string | undefined;
  readonly usage: Usage | undefined;
}

export interface TokenCounts {
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly write5m: number;
  readonly write1h: number;
}

export interface Usage extends TokenCounts {
  readonly isFast: boolean;
  readonly thinking: number;
  readonly webSearches: number;
  readonly iterations: readonly Iteration[];
}

export interface Iteration extends TokenCounts {
  readonly type: string | undefined;
  readonly model: string | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

export function readRecord(value: unknown): TranscriptRecord {
  const record = fieldsOf(value) ?? {};
  return {
    type: textOf(record.type),
    uuid: textOf(record.uuid),
    time: parseTime(record.timestamp),
    sessionId: textOf(record.sessionId),
    requestId: textOf(record.requestId),
    cwd: textOf(record.cwd),
    isSidechain: record.isSidechain === true,
    origin: textOf(fieldsOf(record.forkedFrom)?.sessionId),
    message: readMessage(fieldsOf(record.message)),
    refusal: readRefusal(fieldsOf(record.quotaLimits)),
  };
}

function readMessage(message: Fields | undefined): TranscriptMessage | undefined {
  if (!message) return undefined;
  return {
    id: textOf(message.id),
    model: textOf(message.model),
    stopReason: textOf(message.stop_reason),
    usage: readUsage(fieldsOf(message.usage)),
  };
}

function readUsage(usage: Fields | undefined): Usage | undefined {
  if (!usage) return undefined;
  const iterations = Array.isArray(usage.iterations) ? usage.iterations : [];
  return {
    ...readTokens(usage),
    isFast: usage.speed === 'fast',
    thinking: countOf(fieldsOf(usage.output_tokens_details)?.thinking_tokens),
    webSearches: countOf(fieldsOf(usage.server_tool_use)?.web_search_requests),
    iterations: iterations.map((value) => {
      const iteration = fieldsOf(value) ?? {};
      return { ...readTokens(iteration), type: textOf(iteration.type), model: textOf(iteration.model) };
    }),
  };
}

function readTokens(tokens: Fields): TokenCounts {
  const writes = fieldsOf(tokens.cache_creation);
  const [write5m, write1h] = [countOf(writes?.ephemeral_5m_input_tokens), countOf(writes?.ephemeral_1h_input_tokens)];
  return {
    input: countOf(tokens.input_tokens),
    output: countOf(tokens.output_tokens),
    cacheRead: countOf(tokens.cache_read_input_tokens),
    cacheWrite: countOf(tokens.cache_creation_input_tokens),
    write5m,
    write1h,
  };
}

// `{}` and other states stand beside normal responses.
function readRefusal(limits: Fields | undefined): TranscriptRecord['refusal'] {
  if (limits?.status !== 'rejected' || typeof limits.resetsAt !== 'number') return undefined;
  return { window: textOf(limits.rateLimitType) ?? 'unknown', resetsAt: parseTime(limits.resetsAt) };
}

/** Relays report negative, fractional and absurd counts; those are as good as none. */
function countOf(value: unknown): number {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : 0;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}
