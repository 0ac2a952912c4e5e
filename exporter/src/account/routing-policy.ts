import { section } from '@repo/common/config';
import { z } from 'zod';
import { TIERS, type Tier } from './tier.ts';

/** Recommended models of a task class in a tier, in order of preference. */
export type Advice = readonly string[];

export interface RoutingPolicy {
  /** Models with other budgets, used when nothing else is left. Never empty. */
  readonly fallbacks: readonly string[];
  readonly taskClasses: Readonly<Record<string, Readonly<Record<Tier, readonly string[]>>>>;
}

/** Placeholder for the model whose budget the tiers measure. */
export const PRIMARY = 'primary';

const MAX_TASK_CLASSES = 32;
const MAX_MODELS = 16;

const taskClassSchema = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,39}$/, 'must be 1 to 40 of a-z, 0-9 and _, beginning with a letter');
const modelSchema = z
  .string('must be the name of a model')
  .regex(/^[\x21-\x7e]{1,80}$/, 'must be a name of at most 80 characters without spaces');
const modelsSchema = z.array(modelSchema, 'must be a list of models').max(MAX_MODELS);
const fallbackSchema = modelSchema.refine(
  (model) => model !== PRIMARY,
  `must not be ${PRIMARY}, because fallbacks are used when ${PRIMARY} is used up`,
);

/** A policy file. It cannot stop work: see {@link adviceFor}. */
export const policySchema = section({
  fallbacks: z
    .array(fallbackSchema, 'must be a list of models')
    .min(1, 'must not be empty, because work would stop without a fallback')
    .max(MAX_MODELS),
  task_classes: z
    .record(
      taskClassSchema,
      section({ green: modelsSchema, yellow: modelsSchema, orange: modelsSchema, red: modelsSchema }),
      'must be a section of task classes',
    )
    .refine(
      (classes) => Object.keys(classes).length <= MAX_TASK_CLASSES,
      `must not have more than ${MAX_TASK_CLASSES} task classes`,
    ),
}).transform(({ fallbacks, task_classes }): RoutingPolicy => ({ fallbacks, taskClasses: task_classes }));

export const DEFAULT_POLICY: RoutingPolicy = {
  fallbacks: ['flash', 'glm', 'pro'],
  taskClasses: {
    user_request: { green: [PRIMARY], yellow: [PRIMARY], orange: [PRIMARY], red: [PRIMARY, 'pro'] },
    complex_judgment: { green: [PRIMARY], yellow: [PRIMARY], orange: [PRIMARY], red: ['pro', 'flash'] },
    critical_spawn: { green: [PRIMARY], yellow: [PRIMARY], orange: ['flash', 'glm'], red: ['pro', 'flash'] },
    spawn: { green: [PRIMARY], yellow: ['flash'], orange: ['flash', 'glm'], red: ['pro', 'flash'] },
    simple_task: { green: [PRIMARY], yellow: ['flash', 'glm'], orange: ['flash', 'glm'], red: ['flash', 'glm'] },
  },
};

/**
 * Returns the recommendation for every task class; for an unknown tier that of green. Work never stops: every
 * recommendation ends with all fallbacks, at least one, and none of them is the primary model.
 */
export function adviceFor(
  { fallbacks, taskClasses }: RoutingPolicy,
  tier: Tier | undefined,
): Readonly<Record<string, Advice>> {
  return Object.fromEntries(
    Object.entries(taskClasses).map(([task, models]) => [
      task,
      [...new Set([...models[tier ?? TIERS[0]], ...fallbacks])],
    ]),
  );
}
