import { join } from 'node:path';

// Read by the command, whose start must not wait for anything bigger.

const MOST_BYTES = 1024 * 1024;

/** Where a running exporter listens for status lines. */
export function statuslineSocket(storagePath: string): string {
  return join(storagePath, 'statusline.sock');
}

/** Reads a stream to its end as JSON; `undefined` for what is none, or is far too long. */
export async function readJson(stream: AsyncIterable<Uint8Array>): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.byteLength;
    if (size > MOST_BYTES) return undefined;
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}
