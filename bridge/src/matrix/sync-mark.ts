import { ClientEvent, type MatrixClient, type MatrixEvent } from 'matrix-js-sdk';

const MARK_TYPE = 'org.alertmanager-matrix-bridge.sync_mark';

/**
 * Waits until the sync has caught up with this moment. Homeservers answer a first sync from a cache that may be minutes
 * old (Synapse: https://github.com/element-hq/synapse/issues/15500), with members who have left and rooms not yet
 * joined; what was written just now can't be in there, so its coming back proves that the answers are fresh.
 */
export async function waitForFreshSync(client: MatrixClient, mark: string, signal: AbortSignal): Promise<void> {
  const { promise: seen, resolve, reject } = Promise.withResolvers<void>();
  const onAccountData = (event: MatrixEvent) => {
    // An older mark of ours comes first; only the value tells them apart.
    if (event.getType() === MARK_TYPE && event.getContent().mark === mark) resolve();
  };
  const onAbort = () => reject(signal.reason);
  client.on(ClientEvent.AccountData, onAccountData);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    // Both at once, so that an abort during the request is not left unhandled.
    await Promise.all([client.setAccountDataRaw(MARK_TYPE as never, { mark } as never), seen]);
  } finally {
    client.off(ClientEvent.AccountData, onAccountData);
    signal.removeEventListener('abort', onAbort);
  }
}
