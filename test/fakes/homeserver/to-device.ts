import type { Device } from './device-keys.ts';

export type ToDeviceMessage = { readonly sender: string; readonly type: string; readonly content: unknown };

/** Inboxes of to-device messages. A message stays until a later sync shows that it has arrived. */
export class ToDevice {
  readonly #seen = new Set<string>();
  readonly #inboxes = new Map<string, { readonly position: number; readonly message: ToDeviceMessage }[]>();

  /** Delivers a request once, however often it is sent. */
  send(
    sender: Device,
    txnId: string,
    type: string,
    messages: Record<string, Record<string, unknown>>,
    position: number,
  ) {
    const request = `${sender.userId} ${sender.deviceId} ${txnId}`;
    if (this.#seen.has(request)) return;
    this.#seen.add(request);
    for (const [userId, devices] of Object.entries(messages)) {
      for (const [deviceId, content] of Object.entries(devices)) {
        this.#inbox({ userId, deviceId }).push({ position, message: { sender: sender.userId, type, content } });
      }
    }
  }

  /** Returns the events after `since` for `device`. */
  receive(device: Device, since: number): ToDeviceMessage[] {
    const inbox = this.#inbox(device);
    const unseen = inbox.filter(({ position }) => position > since);
    inbox.splice(0, inbox.length, ...unseen);
    return unseen.map(({ message }) => message);
  }

  #inbox({ userId, deviceId }: Device) {
    const name = `${userId} ${deviceId}`;
    const inbox = this.#inboxes.get(name) ?? [];
    this.#inboxes.set(name, inbox);
    return inbox;
  }
}
