import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { formatDuration, parseDuration } from './duration.ts';
import type { FieldProblem } from './field-problem.ts';
import { Secret, withoutTokens } from './secret.ts';
import { readTextFile } from './text-file.ts';

/** Further syntax errors of a file follow from the first ones. */
const MAX_YAML_PROBLEMS = 20;

const TYPE_NAMES: Readonly<Record<string, string>> = {
  array: 'a list',
  int: 'a whole number',
  object: 'a section',
  record: 'a section',
};

/** An invalid configuration, with every problem that was found. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly FieldProblem[];

  constructor(source: string, given: readonly FieldProblem[]) {
    const problems = given.map(({ path, message }) => ({ path: withoutTokens(path), message: withoutTokens(message) }));
    const lines = problems.map(({ path, message }) => `  ${path === '' ? '' : `${path}: `}${message}`);
    super([`${source}: ${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`, ...lines].join('\n'));
    this.problems = problems;
  }
}

/** A configuration file that cannot be read; the message is for people. */
export class UnreadableFile extends Error {
  override readonly name = 'UnreadableFile';
}

/** The surroundings that a configuration may refer to. */
export interface ConfigContext {
  /** Directory of the configuration file, which relative paths start from. */
  readonly directory: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The configuration file itself. */
  readonly file?: string | undefined;
  /** Collects the files that contain secrets. */
  readonly secretFiles?: Set<string>;
}

/** A section that rejects unknown keys and lists the known ones. */
export function section<Shape extends z.core.$ZodShape>(shape: Shape) {
  const known = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code === 'unrecognized_keys') return `is an unknown key; known here: ${known}`;
      return `must be a section with the keys ${known}`;
    },
  });
}

/** A duration in Prometheus' notation, as milliseconds. */
export function durationSchema(limits: { atLeast?: string; atMost?: string } = {}) {
  const { atLeast, atMost } = limits;
  const schema = z.string('must be a duration like 90s, 5m or 8d').transform((text, context) => {
    const ms = parseDuration(text);
    if (ms === undefined) {
      context.addIssue('is not a duration; write it as in Prometheus, like 90s, 5m or 1h30m');
      return z.NEVER;
    }
    if (atLeast !== undefined && ms < (parseDuration(atLeast) ?? 0)) {
      context.addIssue(`is too short; the minimum is ${atLeast}`);
    }
    if (atMost !== undefined && ms > (parseDuration(atMost) ?? Number.POSITIVE_INFINITY)) {
      context.addIssue(`is too long; the maximum is ${formatDuration(parseDuration(atMost) ?? 0)}`);
    }
    return ms;
  });
  const bounds = [atLeast === undefined ? '' : `at least ${atLeast}`, atMost === undefined ? '' : `at most ${atMost}`];
  return schema.meta({ form: ['duration', ...bounds.filter(Boolean)].join(', ') });
}

/** A path, made absolute; `~` is the home directory. */
export function pathSchema(context: ConfigContext) {
  return z
    .string('must be a path')
    .transform((text) => resolvePath(text, context))
    .meta({ form: 'path' });
}

/** Inline text, `{file: PATH}` (re-read at every use) or `{env: NAME}`. */
export function secretSchema(context: ConfigContext) {
  const inline = z
    .string()
    .min(1)
    .transform((text) => {
      if (context.file !== undefined) context.secretFiles?.add(context.file);
      return Secret.of(text);
    });
  const file = z.strictObject({ file: z.string() }).transform((given, refinement) => {
    const path = resolvePath(given.file, context);
    context.secretFiles?.add(path);
    const secret = secretInFile(path);
    if (typeof secret !== 'string') return secret;
    refinement.addIssue(secret);
    return z.NEVER;
  });
  const env = z.strictObject({ env: z.string() }).transform((given, refinement) => {
    const text = context.env[given.env];
    if (!text) refinement.addIssue(`the environment variable ${given.env} is not set`);
    return new Secret(() => text ?? '', { variable: given.env });
  });
  return z
    .union([inline, file, env], 'must be the secret itself, {file: PATH} or {env: NAME}')
    .meta({ form: 'secret' });
}

/** Returns the secret in a file, which is re-read at every use; or the problem of the file. */
export function secretInFile(path: string): Secret | string {
  const read = () => readTextFile(path).trim();
  try {
    return read() === '' ? `the file ${path} is empty` : new Secret(read, { file: path });
  } catch (error) {
    return `the file ${path} cannot be read (${(error as NodeJS.ErrnoException).code})`;
  }
}

/** Returns an absolute path: `~` is the home directory, and relative paths start from the configuration file. */
export function resolvePath(text: string, context: ConfigContext): string {
  const home = context.env.HOME ?? homedir();
  return resolve(context.directory, text === '~' || text.startsWith('~/') ? home + text.slice(1) : text);
}

/**
 * Parses YAML text against a schema.
 * @throws ConfigError with every problem at once
 */
export function parseConfig<Schema extends z.ZodType>(schema: Schema, text: string, source: string): z.output<Schema> {
  const { config, problems } = parseValidSections(schema, text, source);
  if (problems.length > 0) throw new ConfigError(source, problems);
  return config;
}

/**
 * Parses YAML text like {@link parseConfig}, for a caller with further checks that reports everything at once: sections
 * with problems are treated as absent.
 * @throws ConfigError if no valid section is left
 */
export function parseValidSections<Schema extends z.ZodType>(
  schema: Schema,
  text: string,
  source: string,
): { config: z.output<Schema>; problems: readonly FieldProblem[]; invalid: ReadonlySet<string> } {
  const input = parseYaml(text, source) ?? {};
  const result = schema.safeParse(input, { error: phrase });
  if (result.success) return { config: result.data, problems: [], invalid: new Set() };
  const { issues } = result.error;
  const problems = issues.flatMap((issue) => describe(issue, input));
  const invalid = new Set(issues.flatMap(sectionsOf));
  const rest = Object.fromEntries(Object.entries(input).filter(([key]) => !invalid.has(key)));
  const valid = schema.safeParse(rest);
  if (!valid.success || invalid.size === 0) throw new ConfigError(source, problems);
  return { config: valid.data, problems, invalid };
}

/** Returns the top-level sections of an issue; none if it is about the whole file. */
function sectionsOf(issue: z.core.$ZodIssue): string[] {
  if (issue.path.length > 0) return [String(issue.path[0])];
  return issue.code === 'unrecognized_keys' ? issue.keys : [];
}

function parseYaml(text: string, source: string): unknown {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  const faults = [...document.errors, ...document.warnings].slice(0, MAX_YAML_PROBLEMS);
  if (faults.length > 0) {
    const problems = faults.map(({ pos, message }) => ({
      path: `line ${lineCounter.linePos(pos[0]).line}`,
      message: withoutQuotation(message),
    }));
    throw new ConfigError(source, problems);
  }
  try {
    return document.toJS();
  } catch (error) {
    // Aliases are resolved only here: one may lead nowhere, or there are so many that they are an attack.
    throw new ConfigError(source, [{ path: '', message: withoutQuotation((error as Error).message) }]);
  }
}

// After its colon the YAML library quotes the text, which may be a password.
function withoutQuotation(message: string): string {
  return message.replace(/:.*/s, '');
}

// The library's messages are about types and inputs; these say what to write.
function phrase(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'too_small') return `must be at least ${issue.minimum}`;
  if (issue.code === 'too_big') return `must be at most ${issue.maximum}`;
  if (issue.code === 'invalid_type') return `must be ${TYPE_NAMES[issue.expected] ?? `a ${issue.expected}`}`;
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.join(', ')}`;
  return undefined;
}

function describe(issue: z.core.$ZodIssue, input: unknown): FieldProblem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: pathText([...issue.path, key]), message: issue.message }));
  }
  if (issue.code === 'invalid_key') {
    const [reason] = issue.issues;
    return [{ path: pathText(issue.path), message: `as a name ${reason?.message ?? issue.message}` }];
  }
  // A union reports that no branch fits; the issue of a branch that fits in its outer shape is more helpful.
  if (issue.code === 'invalid_union') {
    const deeper = issue.errors.find((branch) => branch.every((inner) => inner.code === 'custom'));
    if (deeper) return deeper.flatMap((inner) => describe({ ...inner, path: [...issue.path, ...inner.path] }, input));
  }
  const path = pathText(issue.path);
  const value = issue.path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], input);
  if (value === undefined) return [{ path, message: `is missing; it ${issue.message}` }];
  // A scalar in place of a section may be a token whose key was forgotten.
  const isMisplaced = issue.code === 'invalid_type' && issue.expected in TYPE_NAMES && issue.expected !== 'int';
  return [{ path, message: `${isMisplaced ? '' : quotable(path, value)}${issue.message}` }];
}

function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    const shown = withoutPassword(String(key));
    return text === '' ? shown : `${text}.${shown}`;
  }, '');
}

// `"alice:password":` and `"$2y$10$…":` are keys that somebody meant as a value. Identifiers of Matrix have a colon, too.
function withoutPassword(key: string): string {
  return key.replace(/^\$2[aby]?\$.*$/s, '[redacted]').replace(/^([^:!#@]*):[^:].*$/s, '$1:[redacted]');
}

function quotable(path: string, value: unknown): string {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return '';
  const secret = /token|key|password|secret|auth_users/i.test(path) || /:\/\/[^/]*@/.test(String(value));
  return !secret && String(value).length <= 80 ? `${JSON.stringify(value)} ` : '';
}
