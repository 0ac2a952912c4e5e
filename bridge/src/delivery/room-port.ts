import type { EncryptedFile, MessageContent } from '../message/message.ts';

/** Destination of messages: a Matrix room, or the terminal. */
export interface RoomPort {
  /**
   * Sends one message. Sending the same transaction ID again does not create a second message.
   * @returns the event ID
   * @throws DeliveryError if this attempt failed, FatalError if it is unsafe to continue
   */
  send(content: MessageContent, txnId: string): Promise<string>;
  /** Searches the room for a message that may have been sent since this time (Unix milliseconds). */
  find(txnId: string, since: number): Promise<string | undefined>;
  /**
   * Uploads a file, encrypted.
   * @throws DeliveryError if this attempt failed
   */
  upload(file: Uint8Array): Promise<EncryptedFile>;
  /** Returns true if a message was removed from the room. */
  isRemoved(eventId: string): Promise<boolean>;
}
