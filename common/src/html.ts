/** HTML that is inserted without escaping. */
export interface Html {
  readonly html: string;
}

type Insertable = Html | string | number | readonly Html[];

/** Template for HTML. Escapes inserted values, except those that another template made. */
export function html(parts: TemplateStringsArray, ...values: readonly Insertable[]): Html {
  return { html: String.raw({ raw: parts }, ...values.map(insert)) };
}

function insert(value: Insertable): string {
  if (typeof value === 'string' || typeof value === 'number') return escapeHtml(String(value));
  return 'html' in value ? value.html : value.map((part) => part.html).join('');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Escapes text for HTML, inside attributes included. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
