import { z } from 'zod';
import { EXTRA_USAGE_SECTIONS, type ExtraUsage, readExtraUsage } from './extra-usage.ts';
import { type Mention, pickWindow } from './pick-window.ts';
import {
  isTopLevelWindow,
  MAX_PERCENT,
  MAX_SCOPED_WINDOWS,
  SESSION_WINDOW,
  scopedWindow,
  TOP_LEVEL_WINDOWS,
  WEEKLY_WINDOW,
  type WindowName,
  type WindowUsage,
} from './windows.ts';

export type { WindowUsage } from './windows.ts';

/** The parts of a usage body, each parsed separately; the values of the `section` label. */
export const BODY_SECTIONS = [...TOP_LEVEL_WINDOWS, 'limits', ...EXTRA_USAGE_SECTIONS] as const;
export type BodySection = (typeof BODY_SECTIONS)[number];

export interface SchemaError {
  readonly section: BodySection;
  /** Path in the body and the problem there. Contains no text from the body. */
  readonly message: string;
}

export interface UsageReport {
  readonly windows: readonly WindowUsage[];
  readonly extraUsage?: ExtraUsage;
  /** Names unknown to this version: keys of the body, kinds of limits. Bounded in number and length. */
  readonly unknownKeys: readonly string[];
  readonly schemaErrors: readonly SchemaError[];
  /** True if the body lists the account's limits without an error, so that a window it does not list does not exist. */
  readonly isComplete: boolean;
}

/** Keys in bodies of 2026 that are ignored: shares of use, switches, and objects with a disputed meaning. */
const KEYS_NOT_READ = [
  ...['seven_day_breakdown', 'weekly_scoped_shares', 'member_dashboard_available'],
  ...['seven_day_omelette', 'seven_day_overage_included', 'omelette_promotional', 'tangelo', 'iguana_necktie'],
  ...['cinder_cove', 'amber_ladder', 'nimbus_quill', 'amber_cistern', 'amber_gauge', 'cedar_ember', 'copper_kite'],
  ...['harbor_lantern', 'juniper_tide', 'wattle_ember', 'brass_thimble'],
];
const KNOWN_KEYS: ReadonlySet<string> = new Set([...BODY_SECTIONS, ...KEYS_NOT_READ]);
const KINDS: ReadonlySet<string> = new Set(['session', 'weekly_all', 'weekly_scoped']);
const MAX_NAMED_ERRORS = 5;
const MAX_UNKNOWN_KEYS = 50;
const MAX_NAME_LENGTH = 60;
const MAX_LIMIT_ROWS = 200;

const percentSchema = z
  .number('must be a number')
  .nonnegative('must not be negative')
  .max(MAX_PERCENT, `must not be above ${MAX_PERCENT}`)
  // Null: not known, or not part of the subscription.
  .nullable();
// A missing reset, like null, belongs to a window that has not started.
const resetSchema = z.iso
  .datetime({ offset: true, error: 'must be a date and time with its offset' })
  .transform((text) => Date.parse(text))
  .refine(Number.isFinite, 'must be a date that exists')
  .nullish();
const windowSchema = z.object({ utilization: percentSchema, resets_at: resetSchema }, 'must be an object').nullish();
const namedSchema = z.object({ display_name: z.string('must be a text').nullish() }, 'must be an object').nullish();
const limitSchema = z.object(
  {
    kind: z.string('must be a text'),
    percent: percentSchema,
    resets_at: resetSchema,
    scope: z.object({ model: namedSchema, surface: namedSchema }, 'must be an object').nullish(),
    is_active: z.boolean('must be true or false').nullish(),
  },
  'must be an object',
);
type Limit = z.output<typeof limitSchema>;

/** The parts that are parsed so far. */
interface Draft {
  readonly mentions: Map<WindowName, [Mention, ...Mention[]]>;
  readonly unknownKeys: Set<string>;
  readonly schemaErrors: SchemaError[];
}

/**
 * Parses a usage body section by section and row by row, so that an unexpected part costs that part only. Never throws;
 * returns `undefined` for a body without a known section.
 */
export function parseUsageBody(body: unknown, now: number): UsageReport | undefined {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return undefined;
  const sections = new Map<string, unknown>(Object.entries(body));
  if (!BODY_SECTIONS.some((section) => sections.has(section))) return undefined;
  const draft: Draft = { mentions: new Map(), unknownKeys: new Set(), schemaErrors: [] };
  for (const key of sections.keys()) if (!KNOWN_KEYS.has(key)) draft.unknownKeys.add(key);
  for (const window of TOP_LEVEL_WINDOWS) readWindow(window, sections.get(window), draft);
  const limits = sections.get('limits') ?? [];
  readLimits(limits, draft);
  const { extraUsage, schemaErrors } = readExtraUsage(body);
  for (const { section, error } of schemaErrors) {
    draft.schemaErrors.push({ section, message: describe(section, error) });
  }
  return {
    windows: [...draft.mentions.values()].map((mentions) => pickWindow(mentions, now)),
    ...(extraUsage === undefined ? {} : { extraUsage }),
    unknownKeys: [...draft.unknownKeys].slice(0, MAX_UNKNOWN_KEYS).map((key) => key.slice(0, MAX_NAME_LENGTH)),
    schemaErrors: draft.schemaErrors,
    isComplete: Array.isArray(limits) && limits.length > 0 && draft.schemaErrors.length === 0,
  };
}

/** Describes the errors in one line, which stays short whatever the body contains. */
export function describeErrors(errors: readonly SchemaError[]): string {
  const named = errors.slice(0, MAX_NAMED_ERRORS).map(({ message }) => message);
  const rest = errors.length - named.length;
  return [...named, ...(rest > 0 ? [`and ${rest} more`] : [])].join('; ');
}

function readWindow(window: (typeof TOP_LEVEL_WINDOWS)[number], value: unknown, draft: Draft): void {
  const { data, error } = windowSchema.safeParse(value);
  if (error) draft.schemaErrors.push({ section: window, message: describe(window, error) });
  else if (data) mention(draft, { window, percent: data.utilization, resetsAt: data.resets_at, isTopLevel: true });
}

function readLimits(rows: unknown, draft: Draft): void {
  if (!Array.isArray(rows)) {
    draft.schemaErrors.push({ section: 'limits', message: 'limits: must be a list' });
    return;
  }
  for (const [index, row] of rows.slice(0, MAX_LIMIT_ROWS).entries()) {
    const message = readLimit(`limits[${index}]`, row, draft);
    if (message !== undefined) draft.schemaErrors.push({ section: 'limits', message });
  }
}

/** Returns the problem of the row, if there is one. */
function readLimit(name: string, row: unknown, draft: Draft): string | undefined {
  const { success, data: limit, error } = limitSchema.safeParse(row);
  if (!success) return describe(name, error);
  if (!KINDS.has(limit.kind)) {
    draft.unknownKeys.add(`limits[].kind ${limit.kind}`);
    return undefined;
  }
  const displayName = displayNameOf(limit);
  const window = windowOf(limit, displayName);
  if (window === undefined) return `${name}.scope: must name a model or a surface`;
  if (isOneTooMany(window, draft.mentions)) {
    return `${name}: skipped, because at most ${MAX_SCOPED_WINDOWS} windows with a scope are exported`;
  }
  mention(draft, {
    window,
    ...(displayName === undefined ? {} : { displayName: displayName.slice(0, MAX_NAME_LENGTH) }),
    percent: limit.percent,
    resetsAt: limit.resets_at,
    active: limit.is_active === true,
    isTopLevel: false,
  });
  return undefined;
}

interface ParsedMention extends Omit<WindowUsage, 'percent' | 'resetsAt'> {
  readonly percent: number | null;
  readonly resetsAt: number | null | undefined;
  readonly isTopLevel: boolean;
}

function mention({ mentions }: Draft, { percent, resetsAt, isTopLevel, ...rest }: ParsedMention): void {
  if (percent === null) return;
  const usage = { ...rest, percent, ...(typeof resetsAt === 'number' ? { resetsAt } : {}) };
  const known = mentions.get(rest.window);
  mentions.set(rest.window, known ? [...known, { usage, isTopLevel }] : [{ usage, isTopLevel }]);
}

function windowOf({ kind }: Limit, displayName: string | undefined): WindowName | undefined {
  if (kind === 'session') return SESSION_WINDOW;
  if (kind === 'weekly_all') return WEEKLY_WINDOW;
  return displayName ? scopedWindow(displayName) : undefined;
}

function displayNameOf({ scope }: Limit): string | undefined {
  return scope?.model?.display_name ?? scope?.surface?.display_name ?? undefined;
}

function isOneTooMany(window: WindowName, mentions: Draft['mentions']): boolean {
  if (isTopLevelWindow(window) || mentions.has(window)) return false;
  return [...mentions.keys()].filter((known) => !isTopLevelWindow(known)).length >= MAX_SCOPED_WINDOWS;
}

function describe(section: string, error: z.ZodError): string {
  return error.issues.map(({ path, message }) => `${[section, ...path.map(String)].join('.')}: ${message}`).join(', ');
}
