const NEWLINE = 10;

/**
 * Returns a function that takes the chunks of a stream and returns the lines that they complete. A line of more than
 * `maxBytes` is skipped, so that memory stays bounded.
 */
export function createLineReader(maxBytes: number): (chunk: Uint8Array) => string[] {
  let parts: Uint8Array[] = [];
  let size = 0;

  const add = (part: Uint8Array) => {
    size += part.length;
    if (size <= maxBytes) parts.push(Buffer.from(part));
    else parts = [];
  };
  const finish = (): string[] => {
    const line = size <= maxBytes ? [Buffer.concat(parts).toString('utf8')] : [];
    parts = [];
    size = 0;
    return line;
  };

  return (chunk) => {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      add(chunk.subarray(start, end));
      lines.push(...finish());
      start = end + 1;
    }
    add(chunk.subarray(start));
    return lines;
  };
}
