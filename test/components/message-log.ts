/** An event of a room as the independent client reads it. */
export interface RoomEvent {
  readonly eventId: string;
  readonly roomId: string;
  readonly sender: string;
  /** The type inside the encryption, where it could be decrypted. */
  readonly type: string;
  /** The sender's homeserver's clock, in milliseconds since 1970. */
  readonly timestamp: number;
  /** Decrypted where it could be decrypted, with `m.relates_to`. */
  readonly content: Readonly<Record<string, unknown>>;
  readonly encrypted: boolean;
  /** False for plaintext, too. */
  readonly decryptable: boolean;
  /** Why it could not be decrypted. */
  readonly error?: string;
  readonly sessionId?: string;
  /** Position in the session's ratchet; no two events of a session may share it. */
  readonly messageIndex?: number;
  readonly senderDeviceId?: string;
}

/** A room message, or an event that may be one but can't be decrypted. */
export interface ReceivedMessage extends RoomEvent {
  readonly body: string;
  readonly msgtype: string;
  readonly formattedBody?: string;
  readonly relatesTo?: Relation;
}

export interface Relation {
  /** `m.replace` for an edit, `m.thread` for a reply in a thread. */
  readonly rel_type?: string;
  readonly event_id?: string;
  readonly 'm.in_reply_to'?: { readonly event_id: string };
  readonly is_falling_back?: boolean;
}

/** The messages in order of arrival. */
export interface MessageLog {
  readonly messages: readonly ReceivedMessage[];
  /** Replaces an earlier message with the same event id. */
  add(event: RoomEvent): void;
  /** Resolves with the first match, past or future. */
  waitFor(predicate: (message: ReceivedMessage) => boolean, timeoutMs: number): Promise<ReceivedMessage>;
  /** Resolves when nothing has arrived for `quietMs` after the call. */
  waitUntilQuiet(quietMs: number): Promise<void>;
}

export function createMessageLog(): MessageLog {
  const messages: ReceivedMessage[] = [];
  const listeners = new Set<() => void>();

  return {
    messages,
    add(event) {
      const message = toMessage(event);
      const known = messages.findIndex(({ eventId }) => eventId === event.eventId);
      if (known === -1) messages.push(message);
      else messages[known] = message;
      for (const listener of [...listeners]) listener();
    },
    waitFor(predicate, timeoutMs) {
      return new Promise((resolve, reject) => {
        const look = (): void => {
          const found = messages.find(predicate);
          if (!found) return;
          clearTimeout(timer);
          listeners.delete(look);
          resolve(found);
        };
        const timer = setTimeout(() => {
          listeners.delete(look);
          reject(new Error(`No such message within ${timeoutMs} ms. There were:\n${messages.map(summary).join('\n')}`));
        }, timeoutMs);
        listeners.add(look);
        look();
      });
    },
    waitUntilQuiet(quietMs) {
      return new Promise((resolve) => {
        const restart = (): unknown => timer.refresh();
        const timer = setTimeout(() => {
          listeners.delete(restart);
          resolve();
        }, quietMs);
        listeners.add(restart);
      });
    },
  };
}

function toMessage(event: RoomEvent): ReceivedMessage {
  const { body, msgtype, formatted_body: formattedBody, 'm.relates_to': relatesTo } = event.content;
  return {
    ...event,
    body: typeof body === 'string' ? body : '',
    msgtype: typeof msgtype === 'string' ? msgtype : '',
    ...(typeof formattedBody === 'string' ? { formattedBody } : {}),
    ...(relatesTo ? { relatesTo: relatesTo as Relation } : {}),
  };
}

function summary({ eventId, sender, error, body }: ReceivedMessage): string {
  return `${eventId} from ${sender}: ${error ?? body}`;
}
