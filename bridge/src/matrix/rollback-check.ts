import { FatalError } from '../delivery/delivery-error.ts';

const KEY = 'epoch';

interface MetaStore {
  getMeta(key: string): string | undefined;
  setMeta(key: string, value: string): void;
}

/**
 * Counts the starts in both databases, so that one of them being set back (a restored copy, a snapshot of a machine)
 * shows. The key store counts first: a crash in between leaves it one ahead, never behind, and never two, since the
 * outbox catches up before the next count.
 * @throws FatalError when the two do not fit
 */
export function advanceEpoch(keyStore: MetaStore, outbox: MetaStore): void {
  const keyEpoch = Number(keyStore.getMeta(KEY) ?? 0);
  const outboxEpoch = Number(outbox.getMeta(KEY) ?? 0);
  if (keyEpoch < outboxEpoch) {
    throw new FatalError(
      `the key store has seen ${keyEpoch} starts, the outbox ${outboxEpoch}: an old copy of the key store was put back, and would use message keys twice. Log in as a new device and start with an empty data directory.`,
      3,
    );
  }
  // An outbox that is new, and so holds nothing to repeat, may join an older key store.
  if (outboxEpoch !== 0 && keyEpoch > outboxEpoch + 1) {
    throw new FatalError(
      `the outbox has seen ${outboxEpoch} starts, the key store ${keyEpoch}: an old copy of the outbox was put back, and would post its messages again. Move outbox.db away to start without it.`,
      3,
    );
  }
  outbox.setMeta(KEY, String(keyEpoch));
  const next = String(keyEpoch + 1);
  keyStore.setMeta(KEY, next);
  outbox.setMeta(KEY, next);
}
