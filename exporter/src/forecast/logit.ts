/** Returns the constant, which is the first coefficient, plus the sum of coefficients times terms. */
export function logitOf(coefficients: readonly number[], terms: readonly number[]): number {
  let logit = coefficients[0] ?? 0;
  for (let k = 0; k < terms.length; k++) logit += (coefficients[k + 1] ?? 0) * (terms[k] ?? 0);
  return logit;
}

/** Returns the chance of a logit. `caution` below 1 shrinks chances above one half, where a fit is too sure. */
export function chanceOf(logit: number, caution = 1): number {
  return 1 / (1 + Math.exp(-(logit > 0 ? caution * logit : logit)));
}
