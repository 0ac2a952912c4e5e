/** Text that is HTML already, so it is inserted as it is. */
export interface Html {
  readonly html: string;
}

type Insertable = Html | string | number | readonly Html[];

/** A template for HTML: what is inserted is escaped, unless a template made it. */
export function html(parts: TemplateStringsArray, ...values: readonly Insertable[]): Html {
  return { html: String.raw({ raw: parts }, ...values.map(insert)) };
}

function insert(value: Insertable): string {
  if (typeof value === 'string' || typeof value === 'number') return escapeHtml(String(value));
  return 'html' in value ? value.html : value.map((part) => part.html).join('');
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
