import { type ConnectionFailureReason, toConnectionFailure } from '@repo/common/outbound/connection-failure';
import { followSameOriginRedirects } from './same-origin-redirects.ts';

export interface HomeserverFetchOptions {
  /** Called for each request without a complete response, unless the caller or the program aborted it. */
  readonly onFailure: (reason: ConnectionFailureReason) => void;
  /** Aborts all requests when the program stops. */
  readonly signal: AbortSignal;
}

/** Returns the `fetch` for the homeserver. It returns complete responses only, and follows no redirect to another origin. */
export function createHomeserverFetch(
  fetch: typeof globalThis.fetch,
  { onFailure, signal: stopping }: HomeserverFetchOptions,
): typeof globalThis.fetch {
  const redirecting = followSameOriginRedirects(fetch);
  return async (input, init = {}) => {
    // Not AbortSignal.any: every request would stay referenced by the signal of the program.
    const controller = new AbortController();
    const signals = init.signal ? [init.signal, stopping] : [stopping];
    const abort = () => controller.abort(signals.find((signal) => signal.aborted)?.reason);
    for (const signal of signals) signal.addEventListener('abort', abort);
    if (signals.some((signal) => signal.aborted)) abort();
    try {
      return await complete(await redirecting(input, { ...init, signal: controller.signal }));
    } catch (error) {
      if (controller.signal.aborted) throw controller.signal.reason;
      onFailure(toConnectionFailure(error).reason);
      throw error;
    } finally {
      for (const signal of signals) signal.removeEventListener('abort', abort);
    }
  };
}

async function complete(response: Response): Promise<Response> {
  if (response.body === null) return response;
  const { status, statusText, headers } = response;
  return new Response(await response.arrayBuffer(), { status, statusText, headers: [...headers] });
}
