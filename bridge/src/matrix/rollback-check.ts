import { FatalError } from '../fatal-error.ts';

const KEY = 'epoch';

interface MetaStore {
  getMeta(key: string): string | undefined;
  setMeta(key: string, value: string): void;
}

/**
 * Counts the starts in both databases, to detect that one of them was restored from a copy or snapshot. The key store
 * counts first: after a crash in between it is one ahead, never behind, because the outbox catches up before the next
 * count.
 * @throws FatalError if the counts do not match
 */
export function advanceEpoch(keyStore: MetaStore, outbox: MetaStore): void {
  const keyEpoch = Number(keyStore.getMeta(KEY) ?? 0);
  const outboxEpoch = Number(outbox.getMeta(KEY) ?? 0);
  if (keyEpoch < outboxEpoch) {
    throw new FatalError(
      `the key store has counted ${keyEpoch} starts, the outbox ${outboxEpoch}: an old copy of the key store was restored and would reuse message keys. Log in as a new device and start with an empty data directory.`,
      3,
    );
  }
  // A new outbox has nothing to repeat, so it may be used with an older key store.
  if (outboxEpoch !== 0 && keyEpoch > outboxEpoch + 1) {
    throw new FatalError(
      `the outbox has counted ${outboxEpoch} starts, the key store ${keyEpoch}: an old copy of the outbox was restored and would deliver its messages again. Move outbox.db away to start without it.`,
      3,
    );
  }
  outbox.setMeta(KEY, String(keyEpoch));
  const next = String(keyEpoch + 1);
  keyStore.setMeta(KEY, next);
  outbox.setMeta(KEY, next);
}
