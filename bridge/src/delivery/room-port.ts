import type { MessageContent } from '../message/message.ts';

/** Where messages go. Two things fit: a Matrix room, and a terminal that shows what the room would. */
export interface RoomPort {
  /**
   * Sends one message; the same transaction id is the same message, however often it is sent.
   * @returns the event id
   * @throws DeliveryError when it did not work this time, FatalError when going on would be unsafe
   */
  send(content: MessageContent, txnId: string): Promise<string>;
  /** Looks for a message that was in flight since the given time (Unix milliseconds); `undefined` if it isn't there. */
  find(txnId: string, since: number): Promise<string | undefined>;
}
