import { readFileSync } from 'node:fs';

/** Reads a text file in UTF-8, or in the encoding that its byte order mark names; returns it without the mark. */
export function readTextFile(path: string): string {
  return decodeText(readFileSync(path));
}

/** Editors and shells of Windows put such marks at the start of a file. */
export function decodeText(bytes: Uint8Array): string {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  return new TextDecoder().decode(bytes);
}
