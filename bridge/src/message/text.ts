// Control characters, and the marks that let a text show itself in another order than it is written.
const UNPRINTABLE = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/** Makes foreign text fit for one line of a message: no control or direction marks, no more than `most` characters. */
export function oneLine(text: string, most: number): string {
  const clean = text.replace(/\s+/g, ' ').replace(UNPRINTABLE, '').trim();
  // A character takes one or two units of a string's length.
  const characters = [...clean.slice(0, most * 2 + 1)];
  return characters.length > most ? `${characters.slice(0, most - 1).join('')}…` : clean;
}

const MOST_ADDRESS_CHARACTERS = 1000;

/** The address when it is a plain web address that is safe to link to, else `undefined`. */
export function webAddress(text: string | undefined): string | undefined {
  if (text === undefined || text.length > MOST_ADDRESS_CHARACTERS || !URL.canParse(text)) return undefined;
  const { protocol, username, password, href } = new URL(text);
  const isPlain = (protocol === 'https:' || protocol === 'http:') && username === '' && password === '';
  return isPlain && href.length <= MOST_ADDRESS_CHARACTERS ? href : undefined;
}

/** A moment as `2026-11-25 14:05 UTC`. */
export function formatTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
