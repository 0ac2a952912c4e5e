import { section } from '@repo/common/config';
import { z } from 'zod';
import { DEFAULT_SEVERITIES, type SeverityScale } from './severity.ts';

const nameSchema = z
  .string()
  .regex(/^\S{1,50}$/, 'must be a severity like "critical"')
  .toLowerCase();

/** The order and the aliases of severities. Aliases of the configuration extend the built-in ones. */
export const severitiesSchema = section({
  order: z
    .array(nameSchema)
    .min(2, 'must have at least two severities')
    .max(20, 'must not have more than 20 severities')
    .refine((names) => new Set(names).size === names.length, 'must not name a severity twice')
    .default([...DEFAULT_SEVERITIES.order])
    .describe('Severities, most urgent first. The first one is delivered before everything else.'),
  aliases: z
    .record(nameSchema, nameSchema)
    .default({})
    .describe('Other names, such as `page: critical`. Case is ignored. Extends the built-in aliases.'),
})
  .prefault({})
  .describe('How urgent the values of the label `severity` are.')
  .transform(({ order, aliases }, context): SeverityScale => {
    for (const [alias, name] of Object.entries(aliases)) {
      if (!order.includes(name))
        context.addIssue({ code: 'custom', path: ['aliases', alias], message: 'must name a severity of the order' });
    }
    const builtIn = [...DEFAULT_SEVERITIES.aliases].filter(([, name]) => order.includes(name));
    return { order, aliases: new Map([...builtIn, ...Object.entries(aliases)]) };
  });
