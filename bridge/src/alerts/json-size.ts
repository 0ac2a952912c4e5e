const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SEPARATORS = new Set([',', ':', '[', '{'].map((character) => character.charCodeAt(0)));

/**
 * Checks the number of values in a JSON text without parsing it. `JSON.parse` needs up to 60 bytes of memory per byte of
 * text if the text consists of many small values.
 */
export function hasMoreValuesThan(limit: number, json: Buffer): boolean {
  let count = 0;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at] ?? 0;
    if (byte === QUOTE) at = endOfString(json, at);
    else if (byte >= 0x2c && SEPARATORS.has(byte) && ++count > limit) return true;
  }
  return false;
}

function endOfString(json: Buffer, start: number): number {
  let at = start + 1;
  for (let byte = json[at]; byte !== QUOTE && byte !== undefined; byte = json[at]) at += byte === BACKSLASH ? 2 : 1;
  return at;
}
