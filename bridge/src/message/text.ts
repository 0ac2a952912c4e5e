// Control characters and direction marks, which can make text appear in a different order.
const UNPRINTABLE = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/** Turns text into one line of at most `max` characters, without control characters and direction marks. */
export function oneLine(text: string, max: number): string {
  const clean = text.replace(/\s+/g, ' ').replace(UNPRINTABLE, '').trim();
  // A character takes one or two code units.
  const characters = [...clean.slice(0, max * 2 + 1)];
  return characters.length > max ? `${characters.slice(0, max - 1).join('')}…` : clean;
}

const MAX_ADDRESS_CHARACTERS = 1000;

/** Returns the URL if it is an HTTP URL without credentials, else `undefined`. */
export function webAddress(text: string | undefined): string | undefined {
  if (text === undefined || text.length > MAX_ADDRESS_CHARACTERS || !URL.canParse(text)) return undefined;
  const { protocol, username, password, href } = new URL(text);
  const isPlain = (protocol === 'https:' || protocol === 'http:') && username === '' && password === '';
  return isPlain && href.length <= MAX_ADDRESS_CHARACTERS ? href : undefined;
}

/** Formats a time as `2026-11-25 14:05 UTC`. */
export function formatTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
