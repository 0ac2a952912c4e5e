/** One time series at one moment. */
export interface Sample {
  /** Suffix of the family's name: `_bucket`, `_sum` or `_count` of a histogram. */
  readonly suffix?: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

export interface Family {
  /** The name that queries use, with `_total` if it is a counter. */
  readonly name: string;
  readonly type: string;
  readonly help: string;
}

export const FORMATS = ['text', 'openmetrics'] as const;
export type Format = (typeof FORMATS)[number];

export const CONTENT_TYPES: Record<Format, string> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

/** The end of an exposition. */
export const END: Record<Format, string> = { text: '', openmetrics: '# EOF\n' };

/** Returns the format that an Accept header prefers. */
export function negotiateFormat(accept: string): Format {
  let [text, openmetrics] = [0, 0];
  for (const range of accept.toLowerCase().split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim());
    const value = (name: string) => parameters.find((part) => part.startsWith(`${name}=`))?.slice(name.length + 1);
    const quality = Number(value('q') ?? 1);
    if (type === 'application/openmetrics-text' && (value('version') ?? '1.0.0').startsWith('1.')) {
      openmetrics = Math.max(openmetrics, quality);
    }
    if (['text/plain', 'text/*', '*/*'].includes(type)) text = Math.max(text, quality);
  }
  return openmetrics > 0 && openmetrics >= text ? 'openmetrics' : 'text';
}

/** Renders HELP and TYPE of a family. */
export function renderHeader({ name, type, help }: Family, format: Format): string {
  // In OpenMetrics, the family of a counter lacks the suffix of its samples.
  const family = format === 'openmetrics' && type === 'counter' ? name.replace(/_total$/, '') : name;
  const text = format === 'openmetrics' ? escapeText(help).replaceAll('"', '\\"') : escapeText(help);
  return `# HELP ${family} ${text}\n# TYPE ${family} ${type}\n`;
}

/** Renders one line; nothing for NaN, because no series is better than a meaningless one. */
export function renderSample(name: string, { suffix = '', labels, value }: Sample, format: Format): string {
  if (Number.isNaN(value)) return '';
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${renderLabel(label, text, format)}"`);
  return `${name}${suffix}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${renderNumber(value)}\n`;
}

function renderLabel(label: string, value: string | number, format: Format): string {
  if (typeof value === 'string') return escapeText(value).replaceAll('"', '\\"');
  // OpenMetrics requires bucket bounds as floats, so that each has one spelling.
  return label === 'le' && format === 'openmetrics' && Number.isInteger(value) ? `${value}.0` : renderNumber(value);
}

function renderNumber(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  return String(value);
}

function escapeText(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}
