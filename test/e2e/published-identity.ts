import { createPublicKey, verify } from 'node:crypto';
import type { Login } from '../components/synapse.ts';

/** A cross-signing identity as the homeserver shows it to everybody, with verified signatures. */
export interface PublishedIdentity {
  /** Public master key; empty if there is no identity. */
  readonly master: string;
  /** The master key has signed the self-signing key. */
  readonly isWhole: boolean;
  /** The self-signing key has signed the device. */
  readonly signsDevice: boolean;
}

type Signed = { keys: Record<string, string>; signatures?: Record<string, Record<string, string>>; unsigned?: unknown };

interface KeysAnswer {
  readonly device_keys: Record<string, Record<string, Signed>>;
  readonly master_keys: Record<string, Signed>;
  readonly self_signing_keys: Record<string, Signed>;
}

export async function publishedIdentity(
  homeserver: string,
  { userId, accessToken }: Login,
  deviceId: string,
): Promise<PublishedIdentity> {
  const response = await fetch(`${homeserver}/_matrix/client/v3/keys/query`, {
    method: 'POST',
    headers: { authorization: `Bearer ${accessToken}` },
    body: JSON.stringify({ device_keys: { [userId]: [] } }),
  });
  const answer = (await response.json()) as KeysAnswer;
  const selfSigning = answer.self_signing_keys[userId];
  const device = answer.device_keys[userId]?.[deviceId];
  const [master = ''] = Object.values(answer.master_keys[userId]?.keys ?? {});
  const [selfSigningKey = ''] = Object.values(selfSigning?.keys ?? {});
  return {
    master,
    isWhole: selfSigning !== undefined && isSignedBy(selfSigning, userId, master),
    signsDevice: device !== undefined && isSignedBy(device, userId, selfSigningKey),
  };
}

/** Checks the signature of an object by this ed25519 key, over its canonical JSON. */
function isSignedBy({ signatures, unsigned: _, ...signed }: Signed, userId: string, key: string): boolean {
  const signature = signatures?.[userId]?.[`ed25519:${key}`];
  if (signature === undefined) return false;
  const x = Buffer.from(key, 'base64').toString('base64url');
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  return verify(null, Buffer.from(canonicalJson(signed)), publicKey, Buffer.from(signature, 'base64'));
}

function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`).join(',')}}`;
}
