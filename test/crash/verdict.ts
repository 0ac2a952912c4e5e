import type { RoomEvent } from '../fakes/homeserver/room-events.ts';

/** State of the room as others see it. */
export type Verdict = {
  readonly events: number;
  readonly sessions: number;
  readonly decryptedByBot: number;
  readonly reusedIndices: number;
  readonly undecryptable: number;
  readonly rowsPostedTwice: number;
  readonly rowsLost: number;
  readonly oneTimeKeyConflicts: number;
  readonly identityChanges: number;
};

/** Faults that must not occur. */
export const FLAWLESS = {
  reusedIndices: 0,
  undecryptable: 0,
  rowsPostedTwice: 0,
  rowsLost: 0,
  oneTimeKeyConflicts: 0,
  identityChanges: 0,
};

/** Which key a message was encrypted with. The index stands in the clear at the head of a Megolm message. */
export function messageKey({ content }: RoomEvent): { session: string; index: number } {
  const { session_id, ciphertext } = content as { session_id: string; ciphertext: string };
  const bytes = Buffer.from(ciphertext, 'base64');
  const [version, indexTag] = bytes;
  if (version !== 3 || indexTag !== 0x08) throw new Error(`This is no Megolm message: ${ciphertext}`);
  return { session: session_id, index: varint(bytes.subarray(2)) };
}

function varint(bytes: Uint8Array): number {
  let value = 0;
  for (const [position, byte] of bytes.entries()) {
    value += (byte & 0x7f) * 2 ** (7 * position);
    if (byte < 0x80) return value;
  }
  throw new Error('The number at the head of a Megolm message does not end');
}
