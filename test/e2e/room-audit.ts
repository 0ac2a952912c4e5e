import type { RoomEvent } from '../components/nio-client.ts';

/** Faults in a room's history. Every list must be empty. */
export interface RoomAudit {
  /** Messages that anybody on the homeserver could read. */
  readonly plaintext: readonly string[];
  /** Messages that the independent client has no key for. */
  readonly undecryptable: readonly string[];
  /** Session and index of messages that share both: whoever sees two of them can compute their difference. */
  readonly reusedIndices: readonly string[];
  /** Decrypted messages, without edits. */
  readonly bodies: readonly string[];
  readonly sessions: ReadonlySet<string>;
}

/** Looks at every message that a user sent. */
export function auditRoom(timeline: readonly RoomEvent[], sender: string): RoomAudit {
  const messages = timeline.filter(
    (event) => event.sender === sender && (event.encrypted || event.type === 'm.room.message'),
  );
  const indices = messages.map(({ sessionId, messageIndex }) => `${sessionId} ${messageIndex}`);
  const isEdit = ({ content }: RoomEvent) =>
    (content['m.relates_to'] as { rel_type?: string } | undefined)?.rel_type === 'm.replace';
  return {
    plaintext: messages.filter(({ encrypted }) => !encrypted).map(({ eventId }) => eventId),
    undecryptable: messages
      .filter(({ encrypted, decryptable }) => encrypted && !decryptable)
      .map(({ eventId }) => eventId),
    reusedIndices: indices.filter((index, position) => indices.indexOf(index) !== position),
    bodies: messages.filter((event) => !isEdit(event)).map(({ content }) => String(content.body)),
    sessions: new Set(messages.map(({ sessionId }) => String(sessionId))),
  };
}
