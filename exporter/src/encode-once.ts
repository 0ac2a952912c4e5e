/** Turns texts that seldom change into bytes when they have changed, not at each scrape. `slot` tells them apart. */
export function createEncoder(): (slot: string, text: string) => Buffer {
  const encoded = new Map<string, { readonly text: string; readonly bytes: Buffer }>();
  return (slot, text) => {
    const known = encoded.get(slot);
    if (known?.text === text) return known.bytes;
    const bytes = Buffer.from(text);
    encoded.set(slot, { text, bytes });
    return bytes;
  };
}
