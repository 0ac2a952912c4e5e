/** Milliseconds to wait after the n-th failed attempt in a row: `first`, doubled for each further one, up to `longest`. */
export function backoff(attempt: number, first: number, longest: number): number {
  return Math.min(first * 2 ** (attempt - 1), longest);
}
