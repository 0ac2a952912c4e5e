import { Filter } from 'matrix-js-sdk';

/** State events that matter for delivery. */
const STATE_TYPES = [
  'm.room.create',
  'm.room.encryption',
  'm.room.history_visibility',
  'm.room.join_rules',
  'm.room.member',
  'm.room.power_levels',
  'm.room.tombstone',
];

/**
 * Creates the filter of the sync. It asks for state only: the bridge's messages would be decrypted, and the SDK keeps
 * every event of the timeline in memory.
 * @param mark makes the filter unique. Homeservers answer a first sync with the same filter from a cache, whose outdated
 *   count of one-time keys makes the SDK upload more at each start, until the homeserver rejects them.
 */
export function createSyncFilter(userId: string, mark: string): Filter {
  const nothing = { types: [], limit: 0 };
  const filter = new Filter(userId);
  filter.setDefinition({
    room: {
      timeline: { types: STATE_TYPES, limit: 50 },
      state: { types: STATE_TYPES },
      ephemeral: nothing,
      account_data: nothing,
    },
    presence: { ...nothing, not_senders: [`@${mark}:start.invalid`] },
  });
  return filter;
}
