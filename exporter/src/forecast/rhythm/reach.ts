import { chanceOf, logitOf } from '../logit.ts';
import { KINDS, type Kind, kindWeights } from './account-kind.ts';
import { COEFFICIENTS } from './coefficients.ts';
import type { RhythmMemory } from './memory.ts';
import { situationOf, termsOf } from './terms.ts';

/** Probability that the use of the next `hours`, of which `usual` is expected by the profile, reaches `need` percent. */
export type Reach = (usual: number, hours: number, need: number) => number;
export type Coefficients = Readonly<Record<Kind, readonly number[]>>;

// Kinds of bursty accounts are a little too sure when they are sure.
const CAUTION = 0.9;
const NEGLIGIBLE = 1e-4;

export function reachOf(memory: RhythmMemory, at: number, coefficients: Coefficients = COEFFICIENTS): Reach {
  const situation = situationOf(memory, at);
  const weights = kindWeights(memory.finished, situation.burstiness);
  const kinds = KINDS.filter((kind) => weights[kind] > NEGLIGIBLE);
  const total = kinds.reduce((sum, kind) => sum + weights[kind], 0);
  const experts = kinds.map((kind) => ({
    weight: weights[kind] / total,
    coefficients: coefficients[kind],
    caution: kind === 'ordinary' || kind === 'light' ? CAUTION : 1,
  }));
  return (usual, hours, need) => {
    const terms = termsOf(situation, usual, hours, need);
    let chance = 0;
    for (const { weight, coefficients, caution } of experts) {
      chance += weight * chanceOf(logitOf(coefficients, terms), caution);
    }
    return chance;
  };
}
