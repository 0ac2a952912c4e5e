import { ClientEvent, type MatrixClient, type MatrixEvent } from 'matrix-js-sdk';

const MARK_TYPE = 'org.alertmanager-matrix-bridge.sync_mark';

/**
 * Waits until the sync is up to date. Homeservers answer a first sync from a cache that may be minutes old (Synapse:
 * https://github.com/element-hq/synapse/issues/15500), with members who have left and without rooms joined since. A new
 * account data value cannot be in that cache, so the sync that contains it is current.
 */
export async function waitForFreshSync(client: MatrixClient, mark: string, signal: AbortSignal): Promise<void> {
  const { promise: seen, resolve, reject } = Promise.withResolvers<void>();
  const onAccountData = (event: MatrixEvent) => {
    // The sync may first contain the mark of an earlier start.
    if (event.getType() === MARK_TYPE && event.getContent().mark === mark) resolve();
  };
  const onAbort = () => reject(signal.reason);
  client.on(ClientEvent.AccountData, onAccountData);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    // Awaited together, so that an abort during the request is handled.
    await Promise.all([client.setAccountDataRaw(MARK_TYPE as never, { mark } as never), seen]);
  } finally {
    client.off(ClientEvent.AccountData, onAccountData);
    signal.removeEventListener('abort', onAbort);
  }
}
