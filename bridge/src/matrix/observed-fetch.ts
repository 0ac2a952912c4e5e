import { type ConnectionFailureReason, toConnectionFailure } from '@repo/common/outbound/connection-failure';

/** A `fetch` that tells why requests got no answer, apart from those that we gave up ourselves. */
export function createObservedFetch(
  fetch: typeof globalThis.fetch,
  onFailure: (reason: ConnectionFailureReason) => void,
): typeof globalThis.fetch {
  return async (input, init) => {
    try {
      return await fetch(input, init);
    } catch (error) {
      if (!init?.signal?.aborted) onFailure(toConnectionFailure(error).reason);
      throw error;
    }
  };
}
