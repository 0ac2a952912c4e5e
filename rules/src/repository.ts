/**
 * Address of the public repository, without a trailing slash. Runbook links point at it. While it is undefined, they
 * point at the running exporter, which serves the same pages.
 */
export const REPOSITORY_URL: string | undefined = undefined;
