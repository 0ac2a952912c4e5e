import { formatDuration, parseDuration } from '@repo/common/duration';
import { isScalar, parseDocument, visit } from 'yaml';

/** Below it a number in our expressions is a count or a ratio, from it on it is seconds (see rules/recording.yml). */
const SMALLEST_SECONDS = 60;

const TIMED_KEYS = new Set(['expr', 'for', 'keep_firing_for']);

/** A quoted text, a name, or a number with or without a unit: names and texts contain digits that are none. */
const TOKEN = /"[^"]*"|[A-Za-z_:][\w:]*|\d[\w.]*/g;

/**
 * The rule file with all its time divided by `factor`, so that ten minutes of it pass in seconds: every duration in an
 * expression or a `for`, and every number of seconds that an expression adds, compares with or rounds to. The rest of
 * the text stays as it is.
 * Throws when it finds none, because then the file is not what the caller takes it for.
 */
export function compressRules(ruleYamlText: string, factor: number): string {
  let compressed = '';
  let copiedUpTo = 0;
  let found = 0;
  for (const [start, end] of timedScalars(ruleYamlText)) {
    compressed += ruleYamlText.slice(copiedUpTo, start);
    compressed += ruleYamlText.slice(start, end).replace(TOKEN, (token) => {
      const shorter = compressToken(token, factor);
      if (shorter !== undefined) found += 1;
      return shorter ?? token;
    });
    copiedUpTo = end;
  }
  if (found === 0)
    throw new Error('The rule file names no duration and no number of seconds, so nothing can be compressed.');
  return compressed + ruleYamlText.slice(copiedUpTo);
}

/** Positions of the values of `expr` and `for` in the text, in its order. */
function timedScalars(ruleYamlText: string): [start: number, end: number][] {
  const places: [number, number][] = [];
  visit(parseDocument(ruleYamlText), {
    Pair(_, { key, value }) {
      if (!isScalar(key) || !isScalar(value) || !value.range) return;
      if (TIMED_KEYS.has(String(key.value))) places.push([value.range[0], value.range[1]]);
    },
  });
  return places;
}

function compressToken(token: string, factor: number): string | undefined {
  const seconds = Number(token);
  if (seconds >= SMALLEST_SECONDS) return String(seconds / factor);
  const milliseconds = Number.isNaN(seconds) ? parseDuration(token) : undefined;
  return milliseconds === undefined ? undefined : formatDuration(milliseconds / factor);
}
