import { join } from 'node:path';
import { decodeText } from '@repo/common/text-file';

// Imported by the command, which must start fast, so this file imports nothing large.

const MAX_BYTES = 1024 * 1024;

/** Path of the socket on which a running exporter listens for status lines. */
export function statuslineSocket(storagePath: string): string {
  return join(storagePath, 'statusline.sock');
}

/** Reads a stream to its end as JSON; `undefined` if it is invalid or too long. */
export async function readJson(stream: AsyncIterable<Uint8Array>): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.byteLength;
    if (size > MAX_BYTES) return undefined;
    chunks.push(chunk);
  }
  try {
    return JSON.parse(decodeText(Buffer.concat(chunks))) as unknown;
  } catch {
    return undefined;
  }
}
