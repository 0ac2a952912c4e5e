import type { FinishedWindows } from './memory.ts';

export const KINDS = ['ordinary', 'steady', 'light', 'heavy'] as const;
/** Kinds of accounts. Each has its own coefficients, and the account's history weighs them. */
export type Kind = (typeof KINDS)[number];

// How many accounts are of the kind, and how many of its windows run out.
const HEAVY = { prior: 0.06, share: 0.9 };
const LIGHT = { prior: 0.08, share: 0.04 };
const ORDINARY = { prior: 1 - HEAVY.prior - LIGHT.prior, share: 0.33 };
// Older windows count less: habits and plans change.
const FADE = 0.93;
// The burstiness at which an account counts as half steady.
const HALF_STEADY = 8;

/** Returns how likely the account is of each kind, from its finished windows and its burstiness; the sum is 1. */
export function kindWeights({ full, weight }: FinishedWindows, burstiness: number): Record<Kind, number> {
  const likelihood = ({ prior, share }: typeof HEAVY): number => prior * share ** full * (1 - share) ** (weight - full);
  const [heavy, light, ordinary] = [likelihood(HEAVY), likelihood(LIGHT), likelihood(ORDINARY)];
  const total = heavy + light + ordinary;
  const steady = 1 / (1 + (burstiness / HALF_STEADY) ** 2);
  return {
    heavy: heavy / total,
    steady: ((light + ordinary) / total) * steady,
    light: (light / total) * (1 - steady),
    ordinary: (ordinary / total) * (1 - steady),
  };
}

export function finishWindow({ count, weight, full }: FinishedWindows, percent: number): FinishedWindows {
  return {
    count: count + 1,
    weight: weight * FADE + 1,
    full: full * FADE + (percent >= 100 ? 1 : 0),
    lastPercent: percent,
  };
}
