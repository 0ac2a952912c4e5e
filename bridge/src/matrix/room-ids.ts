interface Notes {
  getMeta(key: string): string | undefined;
  setMeta(key: string, value: string): void;
}

const key = (roomId: string) => `replacement ${roomId}`;

/** Matrix IDs of the configured rooms. An upgraded room is replaced by its successor, also after a restart. */
export class RoomIds {
  readonly #notes: Notes;
  readonly #ids: Map<string, string>;

  constructor(configured: Iterable<readonly [name: string, roomId: string]>, notes: Notes) {
    this.#notes = notes;
    this.#ids = new Map([...configured].map(([name, roomId]) => [name, this.#latest(roomId)]));
  }

  get names(): readonly string[] {
    return [...this.#ids.keys()];
  }

  idOf(name: string): string {
    return this.#ids.get(name) ?? '';
  }

  namesOf(roomId: string): string[] {
    return [...this.#ids].filter(([, id]) => id === roomId).map(([name]) => name);
  }

  replace(roomId: string, replacement: string): void {
    this.#notes.setMeta(key(roomId), replacement);
    for (const name of this.namesOf(roomId)) this.#ids.set(name, replacement);
  }

  #latest(roomId: string, seen: ReadonlySet<string> = new Set()): string {
    const replacement = this.#notes.getMeta(key(roomId));
    if (replacement === undefined || seen.has(replacement)) return roomId;
    return this.#latest(replacement, new Set([...seen, roomId]));
  }
}
