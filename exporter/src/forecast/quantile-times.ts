/** Chances of exhaustion at moments ahead, oldest first, and never falling. */
export interface ChanceCurve {
  readonly from: number;
  readonly times: readonly number[];
  readonly chances: readonly number[];
}

// The raw curve is right about whether a window runs out, but names too early times.
const SHAPE = 1.4;

/**
 * Returns the time at which the chance of exhaustion reaches `share`, Infinity if it never does before the reset. The
 * chance before t is p (c(t) / p)^1.4, where c is the raw curve and p its last value.
 */
export function quantileTime({ from, times, chances }: ChanceCurve, share: number): number {
  const probability = chances.at(-1) ?? 0;
  if (probability < share) return Number.POSITIVE_INFINITY;
  const raw = probability * (share / probability) ** (1 / SHAPE);
  const k = chances.findIndex((chance) => chance >= raw);
  if (k < 0) return times.at(-1) ?? from;
  const [low, high] = [chances[k - 1] ?? 0, chances[k] ?? 1];
  const [begin, end] = [times[k - 1] ?? from, times[k] ?? from];
  return begin + (high > low ? (raw - low) / (high - low) : 0) * (end - begin);
}
