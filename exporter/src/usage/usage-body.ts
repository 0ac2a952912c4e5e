import { z } from 'zod';
import { EXTRA_USAGE_SECTIONS, type ExtraUsage, readExtraUsage } from './extra-usage.ts';
import {
  isTopLevelWindow,
  MAX_SCOPED_WINDOWS,
  SESSION_WINDOW,
  scopedWindow,
  TOP_LEVEL_WINDOWS,
  WEEKLY_WINDOW,
  type WindowName,
} from './windows.ts';

/** What one window says of itself. */
export interface WindowUsage {
  readonly window: WindowName;
  /** The API's name of the model or surface, for windows of one. */
  readonly displayName?: string;
  /** 0 to 100, and above where more was used than the limit. */
  readonly percent: number;
  /** Milliseconds since the epoch; absent while the window has not begun. */
  readonly resetsAt?: number;
  /** The limit that binds at present, as the API sees it. */
  readonly active?: boolean;
}

/** The parts of a usage body that are read, each on its own; the values of the `section` label. */
export const BODY_SECTIONS = [...TOP_LEVEL_WINDOWS, 'limits', ...EXTRA_USAGE_SECTIONS] as const;
export type BodySection = (typeof BODY_SECTIONS)[number];

export interface SchemaError {
  readonly section: BodySection;
  /** Path in the body and what is wrong there. Holds no text from the body. */
  readonly message: string;
}

export interface UsageReport {
  readonly windows: readonly WindowUsage[];
  readonly extraUsage?: ExtraUsage;
  /** Names that this program has not heard of: new keys of the body, new kinds of limits. Bounded in number and length. */
  readonly unknownKeys: readonly string[];
  readonly schemaErrors: readonly SchemaError[];
}

/** Present in bodies of 2026 and left alone: shares of use, switches, and objects whose meaning is disputed. */
const KEYS_NOT_READ = [
  ...['seven_day_breakdown', 'weekly_scoped_shares', 'member_dashboard_available'],
  ...['seven_day_omelette', 'seven_day_overage_included', 'omelette_promotional', 'tangelo', 'iguana_necktie'],
  ...['cinder_cove', 'amber_ladder', 'nimbus_quill', 'amber_cistern', 'amber_gauge', 'cedar_ember', 'copper_kite'],
  ...['harbor_lantern', 'juniper_tide', 'wattle_ember'],
];
const KNOWN_KEYS: ReadonlySet<string> = new Set([...BODY_SECTIONS, ...KEYS_NOT_READ]);
const KINDS: ReadonlySet<string> = new Set(['session', 'weekly_all', 'weekly_scoped']);
const MAX_NAMED_ERRORS = 5;
const MAX_UNKNOWN_KEYS = 50;
const MAX_NAME_LENGTH = 60;
const MAX_LIMIT_ROWS = 200;

const percentSchema = z.number('must be a number').nonnegative('must not be negative');
// A missing reset, like null, belongs to a window that has not begun.
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

/** What has been understood so far. */
interface Draft {
  readonly windows: Map<WindowName, WindowUsage>;
  readonly unknownKeys: Set<string>;
  readonly schemaErrors: SchemaError[];
}

/**
 * Reads a usage body section by section and row by row, so that what it doesn't understand costs that part only.
 * Never throws; a body that has no known section gives `undefined`.
 */
export function parseUsageBody(body: unknown): UsageReport | undefined {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return undefined;
  const sections = new Map<string, unknown>(Object.entries(body));
  if (!BODY_SECTIONS.some((section) => sections.has(section))) return undefined;
  const draft: Draft = { windows: new Map(), unknownKeys: new Set(), schemaErrors: [] };
  for (const key of sections.keys()) if (!KNOWN_KEYS.has(key)) draft.unknownKeys.add(key);
  for (const window of TOP_LEVEL_WINDOWS) readWindow(window, sections.get(window), draft);
  readLimits(sections.get('limits') ?? [], draft);
  const { extraUsage, schemaErrors } = readExtraUsage(body);
  for (const { section, error } of schemaErrors) {
    draft.schemaErrors.push({ section, message: describe(section, error) });
  }
  return {
    windows: [...draft.windows.values()],
    ...(extraUsage === undefined ? {} : { extraUsage }),
    unknownKeys: [...draft.unknownKeys].slice(0, MAX_UNKNOWN_KEYS).map((key) => key.slice(0, MAX_NAME_LENGTH)),
    schemaErrors: draft.schemaErrors,
  };
}

/** The errors in one line for people, which stays short whatever the body holds. */
export function describeErrors(errors: readonly SchemaError[]): string {
  const named = errors.slice(0, MAX_NAMED_ERRORS).map(({ message }) => message);
  const rest = errors.length - named.length;
  return [...named, ...(rest > 0 ? [`and ${rest} more`] : [])].join('; ');
}

function readWindow(window: (typeof TOP_LEVEL_WINDOWS)[number], value: unknown, draft: Draft): void {
  const parsed = windowSchema.safeParse(value);
  if (!parsed.success) draft.schemaErrors.push({ section: window, message: describe(window, parsed.error) });
  else if (parsed.data) draft.windows.set(window, usage(window, parsed.data.utilization, parsed.data.resets_at));
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

/** Returns what is wrong with the row, if anything is. */
function readLimit(name: string, row: unknown, { windows, unknownKeys }: Draft): string | undefined {
  const { success, data: limit, error } = limitSchema.safeParse(row);
  if (!success) return describe(name, error);
  if (!KINDS.has(limit.kind)) {
    unknownKeys.add(`limits[].kind ${limit.kind}`);
    return undefined;
  }
  const displayName = displayNameOf(limit);
  const window = windowOf(limit, displayName);
  if (window === undefined) return `${name}.scope: must name a model or a surface`;
  if (!windows.has(window) && isOneTooMany(window, windows)) {
    return `${name}: is left out; ${MAX_SCOPED_WINDOWS} windows with a scope are exported at most`;
  }
  // The top-level value wins: it has the finer number.
  const known = windows.get(window) ?? usage(window, limit.percent, limit.resets_at);
  windows.set(window, {
    ...known,
    ...(displayName === undefined ? {} : { displayName: displayName.slice(0, MAX_NAME_LENGTH) }),
    active: known.active === true || limit.is_active === true,
  });
  return undefined;
}

function windowOf({ kind }: Limit, displayName: string | undefined): WindowName | undefined {
  if (kind === 'session') return SESSION_WINDOW;
  if (kind === 'weekly_all') return WEEKLY_WINDOW;
  return displayName ? scopedWindow(displayName) : undefined;
}

function displayNameOf({ scope }: Limit): string | undefined {
  return scope?.model?.display_name ?? scope?.surface?.display_name ?? undefined;
}

function isOneTooMany(window: WindowName, windows: ReadonlyMap<WindowName, WindowUsage>): boolean {
  const scoped = [...windows.keys()].filter((known) => !isTopLevelWindow(known));
  return !isTopLevelWindow(window) && scoped.length >= MAX_SCOPED_WINDOWS;
}

function usage(window: WindowName, percent: number, resetsAt: number | null | undefined): WindowUsage {
  return { window, percent, ...(typeof resetsAt === 'number' ? { resetsAt } : {}) };
}

function describe(section: string, error: z.ZodError): string {
  return error.issues.map(({ path, message }) => `${[section, ...path.map(String)].join('.')}: ${message}`).join(', ');
}
