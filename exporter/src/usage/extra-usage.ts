import { z } from 'zod';

/** An amount in the currency's major unit: euros, not cents. */
export interface Money {
  readonly amount: number;
  /** ISO 4217. */
  readonly currency: string;
}

/** Usage beyond the subscription's limits, which is paid by consumption. */
export interface ExtraUsage {
  readonly enabled: boolean;
  /** Absent if there is none, or if the API does not report it. */
  readonly limit?: Money;
  readonly used?: Money;
}

/** The sections of a usage body with extra usage. The API is replacing the first by the second. */
export const EXTRA_USAGE_SECTIONS = ['extra_usage', 'spend'] as const;
type Section = (typeof EXTRA_USAGE_SECTIONS)[number];

/** The contents of one section; `undefined` means not reported, a null limit means unlimited. */
interface SectionContent {
  readonly enabled: boolean | undefined;
  readonly limit: Money | null | undefined;
  readonly used: Money | undefined;
}

export interface ExtraUsageReport {
  readonly extraUsage?: ExtraUsage;
  readonly schemaErrors: readonly { readonly section: Section; readonly error: z.ZodError }[];
}

/** If the API does not report the number of decimal places, Claude Code assumes two, except for these. */
const WITHOUT_MINOR_UNIT: ReadonlySet<string> = new Set(['JPY', 'KRW', 'VND']);

const booleanSchema = z.boolean('must be true or false').nullish();
const CURRENCY_NEEDED = 'must be a currency like "USD"';
const currencySchema = z.string(CURRENCY_NEEDED).regex(/^[A-Z]{3}$/, CURRENCY_NEEDED);
const minorSchema = z.number('must be a number').nonnegative('must not be negative');
const exponentSchema = z.int('must be a whole number').min(0, 'must not be negative').max(6, 'must not be above 6');

const moneySchema = z
  .object(
    { amount_minor: minorSchema, currency: currencySchema, exponent: exponentSchema.nullish() },
    'must be an object',
  )
  .transform(({ amount_minor, currency, exponent }) => majorUnits(amount_minor, currency, exponent));

const spendSchema = z
  .object({ enabled: booleanSchema, limit: moneySchema.nullish(), used: moneySchema.nullish() }, 'must be an object')
  .transform(
    ({ enabled, limit, used }): SectionContent => ({ enabled: enabled ?? undefined, limit, used: used ?? undefined }),
  );

const extraUsageSchema = z
  .object(
    {
      is_enabled: booleanSchema,
      monthly_limit: minorSchema.nullish(),
      used_credits: minorSchema.nullish(),
      currency: currencySchema.nullish(),
      decimal_places: exponentSchema.nullish(),
    },
    'must be an object',
  )
  .transform(({ is_enabled, monthly_limit, used_credits, currency, decimal_places }): SectionContent => {
    // Bodies before May 2026 name no currency, and an amount without one has no meaning.
    const money = (minor: number) => (currency ? majorUnits(minor, currency, decimal_places) : undefined);
    return {
      enabled: is_enabled ?? undefined,
      limit: typeof monthly_limit === 'number' ? money(monthly_limit) : monthly_limit,
      used: typeof used_credits === 'number' ? money(used_credits) : undefined,
    };
  });

/** Parses both sections separately; `spend` overrides `extra_usage`. */
export function readExtraUsage(body: { readonly extra_usage?: unknown; readonly spend?: unknown }): ExtraUsageReport {
  const older = parseValidFields(extraUsageSchema, body.extra_usage);
  const newer = parseValidFields(spendSchema, body.spend);
  const schemaErrors = [
    ...(older.error ? [{ section: 'extra_usage', error: older.error } as const] : []),
    ...(newer.error ? [{ section: 'spend', error: newer.error } as const] : []),
  ];
  const enabled = newer.data?.enabled ?? older.data?.enabled;
  if (enabled === undefined) return { schemaErrors };
  const limit = newer.data?.limit === undefined ? older.data?.limit : newer.data.limit;
  const used = newer.data?.used ?? older.data?.used;
  return { extraUsage: { enabled, ...(limit ? { limit } : {}), ...(used ? { used } : {}) }, schemaErrors };
}

/** Fields whose value has no meaning without another one. */
const DEPENDENT_FIELDS: ReadonlyMap<string, readonly string[]> = new Map([
  ['decimal_places', ['monthly_limit', 'used_credits']],
]);

/** Parses a section without its invalid fields, and returns what is wrong with them. */
function parseValidFields(
  schema: typeof extraUsageSchema | typeof spendSchema,
  section: unknown,
): { readonly data?: SectionContent | null | undefined; readonly error?: z.ZodError } {
  const { data, error } = schema.nullish().safeParse(section);
  if (!error) return { data };
  const invalid = new Set(error.issues.map(({ path }) => String(path[0])));
  if (typeof section !== 'object' || section === null || invalid.has('undefined')) return { error };
  const dropped = new Set([...invalid].flatMap((field) => [field, ...(DEPENDENT_FIELDS.get(field) ?? [])]));
  const rest = Object.fromEntries(Object.entries(section).filter(([field]) => !dropped.has(field)));
  return { data: schema.safeParse(rest).data, error };
}

function majorUnits(minor: number, currency: string, exponent: number | null | undefined): Money {
  const digits = exponent ?? (WITHOUT_MINOR_UNIT.has(currency) ? 0 : 2);
  return { amount: minor / 10 ** digits, currency };
}
