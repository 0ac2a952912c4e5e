const MAX_REDIRECTS = 3;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/**
 * Wraps `fetch` so that it follows redirects of GET requests within one origin only. The access token must not reach
 * another server. Other redirects are returned as they are, which the SDK treats as a failure.
 */
export function followSameOriginRedirects(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  return async (input, init = {}) => {
    let target = new URL(input instanceof Request ? input.url : input);
    for (let redirects = 0; ; redirects++) {
      const response = await fetch(target.href, { ...init, redirect: 'manual' });
      const location = response.headers.get('location');
      if (!REDIRECTS.has(response.status) || location === null || redirects === MAX_REDIRECTS) return response;
      if ((init.method ?? 'GET') !== 'GET' || !URL.canParse(location, target.href)) return response;
      const next = new URL(location, target);
      if (next.origin !== target.origin) return response;
      await response.body?.cancel();
      target = next;
    }
  };
}
