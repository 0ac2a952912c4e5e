import { escapeHtml } from '@repo/common/html';

/** A text twice: plain, and as the HTML that Matrix allows. */
export interface Rich {
  readonly text: string;
  readonly html: string;
}

export function plain(text: string): Rich {
  return { text, html: escapeHtml(text) };
}

export function bold({ text, html }: Rich): Rich {
  return { text, html: `<strong>${html}</strong>` };
}

export function link(name: string, href: string, text: string): Rich {
  return { text, html: `<a href="${escapeHtml(href)}">${escapeHtml(name)}</a>` };
}

/** Parts in one line. A link whose address is too long for plain text stands in the HTML alone. */
export function joinedLinks(parts: readonly Rich[]): Rich {
  return {
    text: parts
      .map(({ text }) => text)
      .filter((text) => text !== '')
      .join(' · '),
    html: parts.map(({ html }) => html).join(' · '),
  };
}

export function joined(parts: readonly Rich[], separator: string, htmlSeparator = separator): Rich {
  return {
    text: parts.map(({ text }) => text).join(separator),
    html: parts.map(({ html }) => html).join(htmlSeparator),
  };
}
