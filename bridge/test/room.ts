import type { RoomPort } from '../src/delivery/room-port.ts';
import type { EncryptedFile, MessageContent } from '../src/message/message.ts';

/** A room that keeps what it is sent; `onSend` may throw or wait first. */
export class TestRoom implements RoomPort {
  readonly sent: { content: MessageContent; txnId: string }[] = [];
  readonly tried: string[] = [];
  readonly lookedFor: { txnId: string; since: number }[] = [];
  found: string | undefined;
  readonly removed = new Set<string>();
  onSend: (txnId: string) => Promise<void> | void = () => {};

  async send(content: MessageContent, txnId: string): Promise<string> {
    this.tried.push(txnId);
    await this.onSend(txnId);
    this.sent.push({ content, txnId });
    return `$${txnId}`;
  }

  readonly uploaded: Uint8Array[] = [];

  async upload(file: Uint8Array): Promise<EncryptedFile> {
    this.uploaded.push(file);
    return { url: `mxc://test/${this.uploaded.length}`, v: 'v2', key: { k: 'key' }, iv: 'iv', hashes: {} };
  }

  async isRemoved(eventId: string): Promise<boolean> {
    return this.removed.has(eventId);
  }

  async find(txnId: string, since: number): Promise<string | undefined> {
    this.lookedFor.push({ txnId, since });
    return this.found;
  }
}
