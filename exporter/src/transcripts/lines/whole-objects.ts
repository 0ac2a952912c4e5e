/** Work on one damaged line ends when this many times its length was read. */
const MOST_PASSES = 50;

/**
 * The JSON objects of a line: the one that the line is, or, if the line is damaged, those that are whole in it. Records
 * may follow each other without a newline, be cut by the next one, or have runs of NUL between them.
 */
export function wholeObjects(line: string): { objects: readonly unknown[]; isDamaged: boolean } {
  const whole = parse(line);
  if (whole !== undefined) return { objects: [whole], isDamaged: false };
  // Control characters are not valid anywhere in a line of JSON, and a byte order mark may begin a file.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
  const cleaned = line.replace(/[\u0000-\u001f\ufeff]+/g, '');
  const repaired = cleaned === line ? undefined : parse(cleaned);
  return repaired === undefined
    ? { objects: [...piecesOf(cleaned)], isDamaged: true }
    : { objects: [repaired], isDamaged: false };
}

function* piecesOf(line: string): Generator<unknown> {
  let passed = 0;
  let at = line.indexOf('{');
  while (at >= 0 && passed < line.length * MOST_PASSES) {
    const end = endOfObject(line, at);
    passed += (end < 0 ? line.length : end) - at;
    const piece = end < 0 ? undefined : parse(line.slice(at, end));
    if (piece !== undefined) yield piece;
    at = line.indexOf('{', piece === undefined ? at + 1 : end);
  }
}

function endOfObject(line: string, start: number): number {
  let depth = 0;
  let isInString = false;
  for (let at = start; at < line.length; at++) {
    const character = line[at];
    if (isInString) {
      if (character === '\\') at++;
      else if (character === '"') isInString = false;
    } else if (character === '"') isInString = true;
    else if (character === '{') depth++;
    else if (character === '}' && --depth === 0) return at + 1;
  }
  return -1;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
