import { limitFetch } from '@repo/common/outbound/limited-fetch';
import { createObservedFetch, type HomeserverFailure } from './observed-fetch.ts';
import { followSameOriginRedirects } from './same-origin-redirects.ts';

/** Enough for a first sync of many rooms, or the device lists of thousands of members. */
const MAX_RESPONSE_BYTES = 64 * 1024 * 1024;
const REQUEST_TIMEOUT_MS = 60_000;
/** Homeservers may take long for a first sync; later ones are held open until there is news. */
const SYNC_TIMEOUT_MS = 180_000;

/** Returns the `fetch` for the homeserver: limited in size and time, without redirects to other origins. */
export function createHomeserverFetch(
  fetch: typeof globalThis.fetch,
  { onFailure, signal }: { onFailure: (reason: HomeserverFailure) => void; signal: AbortSignal },
): typeof globalThis.fetch {
  const limited = limitFetch(followSameOriginRedirects(fetch), {
    maxBytes: MAX_RESPONSE_BYTES,
    timeoutMs: ({ pathname }) => (pathname.endsWith('/sync') ? SYNC_TIMEOUT_MS : REQUEST_TIMEOUT_MS),
    signal,
  });
  return createObservedFetch(limited, (reason) => {
    if (!signal.aborted) onFailure(reason);
  });
}
