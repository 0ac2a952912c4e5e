/** Valid IndexedDB keys, in the representation of fake-indexeddb. */
export type IdbKey = number | string | Date | ArrayBuffer | IdbKey[];

/**
 * Encodes a key as text. Keys that IndexedDB considers equal get the same text. `v8.serialize` does not guarantee that:
 * it has two encodings of the number 1. JSON also escapes lone surrogates and NUL, which SQLite text cannot contain.
 */
export function encodeKey(key: IdbKey): string {
  return JSON.stringify(toJson(key));
}

export function decodeKey(text: string): IdbKey {
  return fromJson(JSON.parse(text) as JsonKey);
}

type JsonKey =
  | number
  | string
  | { infinity: 1 | -1 }
  | { date: number }
  | { binary: string /* base64 */ }
  | { array: JsonKey[] };

function toJson(key: IdbKey): JsonKey {
  if (typeof key === 'string') return key;
  if (typeof key === 'number') return Number.isFinite(key) ? key : { infinity: key > 0 ? 1 : -1 };
  if (key instanceof Date) return { date: key.getTime() };
  if (Array.isArray(key)) return { array: key.map(toJson) };
  return { binary: Buffer.from(key).toString('base64') };
}

function fromJson(json: JsonKey): IdbKey {
  if (typeof json !== 'object') return json;
  if ('infinity' in json) return json.infinity * Number.POSITIVE_INFINITY;
  if ('date' in json) return new Date(json.date);
  if ('array' in json) return json.array.map(fromJson);
  return new Uint8Array(Buffer.from(json.binary, 'base64')).buffer;
}
