import { ClientEvent, HttpApiEvent, type MatrixClient, SyncState } from 'matrix-js-sdk';
import { FatalError } from '../fatal-error.ts';

export interface SyncEvents {
  /** A sync succeeded, or syncs started to fail. */
  changed(isSyncing: boolean): void;
  /** Syncs work again after they failed. */
  recovered(): void;
  fatal(error: FatalError): void;
}

export function watchSync(client: MatrixClient, { changed, recovered, fatal }: SyncEvents): void {
  client.on(ClientEvent.Sync, (state, previous) => {
    const isSyncing = state === SyncState.Syncing || state === SyncState.Prepared;
    if (isSyncing || state === SyncState.Error || state === SyncState.Reconnecting) changed(isSyncing);
    if (isSyncing && previous !== SyncState.Syncing) recovered();
  });
  client.on(HttpApiEvent.SessionLoggedOut, () => {
    fatal(new FatalError('the homeserver rejected the access token. Provide a new token of the same device', 1));
  });
}

/** Resolves after the first sync. */
export async function untilPrepared(client: MatrixClient): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const onSync = (state: SyncState) => {
    if (state === SyncState.Prepared || state === SyncState.Syncing) resolve();
  };
  client.on(ClientEvent.Sync, onSync);
  await promise;
  client.off(ClientEvent.Sync, onSync);
}
