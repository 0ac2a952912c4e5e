import type { z } from 'zod';

/** One key of a configuration, as its schema describes it. */
export interface ConfigurationKey {
  /** With `[]` for any entry of a list, and `NAME` for any name: `accounts[].name`, `rooms.NAME.id`. */
  readonly path: string;
  /** Allowed values. */
  readonly form: string;
  /** As it would be written; absent where there is none. */
  readonly default?: string;
  readonly meaning: string;
  readonly isSection: boolean;
}

type Schema = z.core.$ZodType;

interface Unwrapped {
  readonly inner: z.core.$ZodTypes;
  readonly description: string | undefined;
  readonly form: string | undefined;
  readonly default: unknown;
}

/**
 * Every key of a configuration, sections before what is in them.
 * @throws Error when a key has no description
 */
export function configurationKeys(schema: Schema, path = ''): ConfigurationKey[] {
  const { inner } = unwrap(schema);
  const { def } = inner._zod;
  if (def.type === 'array') return configurationKeys(def.element, `${path}[]`);
  if (def.type === 'record') return configurationKeys(def.valueType, `${path}.NAME`);
  if (def.type !== 'object') return [];
  return Object.entries(def.shape).flatMap(([key, value]) => {
    const keyPath = path === '' ? key : `${path}.${key}`;
    const unwrapped = unwrap(value);
    if (unwrapped.description === undefined) throw new Error(`${keyPath} has no description`);
    const below = configurationKeys(value, keyPath);
    const isSection = below.length > 0;
    const text = isSection || unwrapped.default === undefined ? undefined : JSON.stringify(unwrapped.default);
    return [
      {
        path: keyPath,
        form: unwrapped.form ?? formOf(unwrapped.inner),
        ...(text === undefined ? {} : { default: text.replace(/^"(.*)"$/, '$1').replaceAll(',', ', ') }),
        meaning: unwrapped.description,
        isSection,
      },
      ...below,
    ];
  });
}

/** Takes off what only says whether something may be left out, and what becomes of it. */
function unwrap(schema: Schema): Unwrapped {
  const given = (schema as z.ZodType).meta();
  const { def } = (schema as z.core.$ZodTypes)._zod;
  const within =
    def.type === 'optional' || def.type === 'nullable' || def.type === 'default' || def.type === 'prefault'
      ? unwrap(def.innerType)
      : def.type === 'pipe'
        ? unwrap(def.in)
        : { inner: schema as z.core.$ZodTypes, description: undefined, form: undefined, default: undefined };
  return {
    inner: within.inner,
    description: given?.description ?? within.description,
    form: typeof given?.form === 'string' ? given.form : within.form,
    default: def.type === 'default' || def.type === 'prefault' ? def.defaultValue : within.default,
  };
}

function formOf(schema: Schema): string {
  const { inner, form } = unwrap(schema);
  const { def } = inner._zod;
  if (form !== undefined) return form;
  switch (def.type) {
    case 'array':
      return `list: ${formOf(def.element)}`;
    case 'record':
      return `by name: ${formOf(def.valueType)}`;
    case 'object':
      return 'section';
    case 'literal':
      return def.values.join(', ');
    case 'enum':
      return Object.values(def.entries).join(', ');
    case 'boolean':
      return 'true or false';
    case 'string':
      return 'text';
    default:
      throw new Error(`there are no words for a ${def.type}`);
  }
}
