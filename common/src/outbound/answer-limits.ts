import { ConnectionFailure, toBrokenAnswer, toConnectionFailure } from './connection-failure.ts';

/** Limits of one answer, its body included. */
export interface AnswerLimits {
  /** Of the body after decompression. */
  readonly maxBytes: number;
  readonly timeoutMs: number;
}

type Fetch = typeof globalThis.fetch;

/**
 * Returns a `fetch` that gives an answer up at the first limit it exceeds. Without a complete answer, the request or the
 * reading of the body rejects with a ConnectionFailure, unless the caller has aborted the request.
 */
export function limitAnswers(fetch: Fetch, { maxBytes, timeoutMs }: AnswerLimits): Fetch {
  return async (input, init = {}) => {
    const timeout = AbortSignal.timeout(timeoutMs);
    const failure = (error: unknown, classify: typeof toConnectionFailure) => {
      if (init.signal?.aborted) return error;
      if (!timeout.aborted) return classify(error);
      return new ConnectionFailure('timeout', `no complete answer within ${timeoutMs / 1000} s`);
    };
    const signal = init.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
    const response = await fetch(input, { ...init, signal }).catch((error: unknown) => {
      throw failure(error, toConnectionFailure);
    });
    if (response.body === null) return response;
    return replaceBody(
      response,
      limitBody(response.body, maxBytes, (error) => failure(error, toBrokenAnswer)),
    );
  };
}

function limitBody(
  body: ReadableStream<Uint8Array>,
  maxBytes: number,
  toFailure: (error: unknown) => unknown,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let size = 0;
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) return controller.close();
        size += value.byteLength;
        if (size <= maxBytes) return controller.enqueue(value);
        controller.error(new ConnectionFailure('too_large', `the answer has more than ${maxBytes} bytes`));
        await reader.cancel();
      } catch (error) {
        controller.error(toFailure(error));
      }
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

function replaceBody(response: Response, body: ReadableStream<Uint8Array>): Response {
  const { status, statusText, headers, url } = response;
  const limited = new Response(body, { status, statusText, headers: [...headers] });
  return Object.defineProperty(limited, 'url', { value: url });
}
