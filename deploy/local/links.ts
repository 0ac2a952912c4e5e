/** A page that a browser can open. */
export interface Link {
  readonly title: string;
  readonly url: string;
}

/** Pages of Prometheus: upstream's, and Debian's, which lacks the newer ones. */
export const PROMETHEUS_PAGES = ['/alerts', '/classic/alerts', '/graph'];
/** Debian's Alertmanager has no pages, and says so at `/`. */
export const ALERTMANAGER_PAGES = ['/', '/api/v2/alerts'];
const NO_PAGES = 'does not include a web';

/** Returns the first page that opens, or undefined if none does. */
export async function firstPageThatOpens(
  server: string,
  paths: readonly string[],
  fetchPage: typeof fetch = fetch,
): Promise<string | undefined> {
  for (const path of paths) {
    const opens = await fetchPage(server + path, { signal: AbortSignal.timeout(5_000) })
      .then(async (response) => response.ok && !(await response.text()).includes(NO_PAGES))
      .catch(() => false);
    if (opens) return server + path;
  }
  return undefined;
}
