import { readFileSync } from 'node:fs';

const BODIES = new URL('../../deploy/local/usage-simulator/bodies/', import.meta.url);

/** A usage body as the API once sent it, with the identifiers replaced. The simulator answers with the same ones. */
export function capturedBody(name: string): Record<string, unknown> {
  return JSON.parse(readFileSync(new URL(`${name}.json`, BODIES), 'utf8'));
}
