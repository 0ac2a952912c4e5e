import { expect, test } from 'vitest';
import { createSyncFilter } from './sync-filter.ts';

const USER = '@alerts:example.org';

test('the sync brings state of rooms only, so that no message stays in memory', () => {
  const { room } = createSyncFilter(USER, 'mark').getDefinition();
  expect(room?.timeline?.types).toContain('m.room.tombstone');
  for (const type of ['m.room.encrypted', 'm.room.message', 'm.reaction', '*'])
    expect(room?.timeline?.types).not.toContain(type);
});

test('each start has another filter, so that no cached answer fits', () => {
  expect(createSyncFilter(USER, 'a').getDefinition()).not.toEqual(createSyncFilter(USER, 'b').getDefinition());
});
