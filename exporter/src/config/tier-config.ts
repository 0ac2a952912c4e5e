import { type ConfigContext, ConfigError, parseConfig, pathSchema, section } from '@repo/common/config';
import { readTextFile } from '@repo/common/text-file';
import { z } from 'zod';
import { DEFAULT_POLICY, policySchema, type RoutingPolicy } from '../account/routing-policy.ts';
import type { TierThresholds } from '../account/tier.ts';

export interface TierConfig {
  readonly thresholds: TierThresholds;
  readonly policy: RoutingPolicy;
  /** Paths of JSON files with the tier, by account. */
  readonly files: Readonly<Record<string, string>>;
}

export function tierSchema(context: ConfigContext) {
  return section({
    yellow: percentSchema.default(50).describe('The tier is yellow from this value, and green below it.'),
    orange: percentSchema.default(70).describe('The tier is orange from this value.'),
    red: percentSchema.default(85).describe('The tier is red from this value.'),
    policy_file: policyFileSchema(context)
      .optional()
      .describe(
        'Recommended models for each class of tasks, by tier. Defaults to the contents of `tier-policy.example.yaml`.',
      ),
    files: z
      .record(z.string(), pathSchema(context), 'must be a section of paths by account')
      .default({})
      .describe('JSON files with the tier of an account, for other tools: paths by account.'),
  })
    .superRefine(({ yellow, orange, red }, refinement) => {
      if (yellow < orange && orange < red) return;
      refinement.addIssue(`must increase from yellow (${yellow}) to orange (${orange}) to red (${red})`);
    })
    .transform(
      ({ policy_file, files, ...thresholds }): TierConfig => ({
        thresholds,
        policy: policy_file ?? DEFAULT_POLICY,
        files,
      }),
    );
}

const percentSchema = z
  .number('must be a percentage like 70')
  .positive('must be above 0')
  .max(100, 'must not be above 100')
  .meta({ form: 'percentage above 0' });

function policyFileSchema(context: ConfigContext) {
  return pathSchema(context).transform((path, refinement): RoutingPolicy => {
    try {
      return parseConfig(policySchema, readTextFile(path), path);
    } catch (error) {
      for (const message of problemsOf(error, path)) refinement.addIssue(message);
      return z.NEVER;
    }
  });
}

function problemsOf(error: unknown, path: string): string[] {
  if (error instanceof ConfigError) {
    return error.problems.map(({ path: at, message }) => `in ${path}: ${at === '' ? '' : `${at}: `}${message}`);
  }
  if (error instanceof Error && 'code' in error) return [`the file ${path} cannot be read (${error.code})`];
  throw error;
}
