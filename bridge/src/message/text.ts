// Control characters, and the marks that let a text show itself in another order than it is written.
const UNPRINTABLE = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/** Turns foreign text into one line of at most `maxCharacters`, without control characters and direction marks. */
export function oneLine(text: string, maxCharacters: number): string {
  const clean = text.replace(/\s+/g, ' ').replace(UNPRINTABLE, '').trim();
  // A character takes one or two units of a string's length.
  const characters = [...clean.slice(0, maxCharacters * 2 + 1)];
  return characters.length > maxCharacters ? `${characters.slice(0, maxCharacters - 1).join('')}…` : clean;
}

export interface LineLimits {
  readonly maxLines: number;
  /** Over all lines. */
  readonly maxCharacters: number;
}

/** Splits foreign text into clean lines, without blank ones; what exceeds the limits is cut and marked by `…`. */
export function cleanLines(text: string, { maxLines, maxCharacters }: LineLimits): string[] {
  const lines: string[] = [];
  let left = maxCharacters;
  // Longer texts are cut before they are split, so that the work is bounded.
  for (const raw of text.slice(0, maxCharacters * 4).split(LINE_BREAK)) {
    const line = oneLine(raw, Math.max(1, left));
    if (line === '') continue;
    if (lines.length === maxLines || left <= 0) {
      lines[lines.length - 1] = `${lines.at(-1)} …`;
      break;
    }
    lines.push(line);
    left -= line.length;
  }
  return lines;
}

const LINE_BREAK = /\r\n|[\n\r\u0085\u2028\u2029]/;

const MAX_ADDRESS_CHARACTERS = 1000;

/**
 * The address when it is a plain web address that is safe to link to, else `undefined`. Clients draw links to matrix.to as
 * pills of users and rooms, which an alert must not forge.
 */
export function webAddress(text: string | undefined): string | undefined {
  if (text === undefined || text.length > MAX_ADDRESS_CHARACTERS || !URL.canParse(text)) return undefined;
  const { protocol, username, password, hostname, href } = new URL(text);
  if (/(?:^|\.)matrix\.to\.?$/.test(hostname)) return undefined;
  const isPlain = (protocol === 'https:' || protocol === 'http:') && username === '' && password === '';
  return isPlain && href.length <= MAX_ADDRESS_CHARACTERS ? href : undefined;
}
