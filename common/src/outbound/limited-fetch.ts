import { errorCode } from './http-answer.ts';

export const ANSWER_FAILURES = ['timeout', 'truncated', 'too_large'] as const;
export type AnswerFailureReason = (typeof ANSWER_FAILURES)[number];

/** A request whose response exceeded a limit or ended early. */
export class AnswerFailure extends Error {
  override readonly name = 'AnswerFailure';
  readonly reason: AnswerFailureReason;

  constructor(reason: AnswerFailureReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

export interface AnswerLimits {
  /** Maximum size of a decoded body, in bytes. */
  readonly maxBytes: number;
  /** Time until the response must be complete, in milliseconds. */
  readonly timeoutMs: (target: URL) => number;
  /** Aborts every request, for example when the program stops. */
  readonly signal?: AbortSignal;
}

/**
 * Wraps `fetch` so that it returns complete responses only, within these limits. For libraries that read bodies without
 * a limit.
 */
export function limitFetch(fetch: typeof globalThis.fetch, limits: AnswerLimits): typeof globalThis.fetch {
  return async (input, init = {}) => {
    const target = new URL(input instanceof Request ? input.url : input);
    const timeoutMs = limits.timeoutMs(target);
    const controller = new AbortController();
    const timeout = new AnswerFailure('timeout', `no complete response within ${timeoutMs / 1000} s`);
    const timer = setTimeout(() => controller.abort(timeout), timeoutMs);
    // Not AbortSignal.any: it keeps a reference to every request for as long as the longest-lived signal exists.
    const signals = [init.signal, limits.signal].filter((signal) => signal !== undefined && signal !== null);
    const abort = () => controller.abort(signals.find((signal) => signal.aborted)?.reason);
    for (const signal of signals) signal.addEventListener('abort', abort, { once: true });
    if (signals.some((signal) => signal.aborted)) abort();
    let response: Response | undefined;
    try {
      response = await fetch(input, { ...init, signal: controller.signal });
      return await complete(response, limits.maxBytes);
    } catch (error) {
      if (controller.signal.aborted) throw controller.signal.reason;
      if (response === undefined || error instanceof AnswerFailure) throw error;
      throw new AnswerFailure('truncated', `the response was truncated (${errorCode(error)})`);
    } finally {
      clearTimeout(timer);
      for (const signal of signals) signal.removeEventListener('abort', abort);
    }
  };
}

async function complete(response: Response, maxBytes: number): Promise<Response> {
  const { status, statusText, headers } = response;
  if (response.body === null) return new Response(null, { status, statusText, headers: [...headers] });
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.byteLength;
    // Leaving the loop cancels the rest of the body.
    if (size > maxBytes) throw new AnswerFailure('too_large', `the response is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return new Response(Buffer.concat(chunks), { status, statusText, headers: [...headers] });
}
