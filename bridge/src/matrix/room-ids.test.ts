import { expect, test } from 'vitest';
import { RoomIds } from './room-ids.ts';

function scene(notes = new Map<string, string>()) {
  const meta = {
    getMeta: (key: string) => notes.get(key),
    setMeta: (key: string, value: string) => void notes.set(key, value),
  };
  return {
    notes,
    ids: new RoomIds(
      [
        ['ops', '!a'],
        ['dev', '!b'],
        ['also-ops', '!a'],
      ],
      meta,
    ),
  };
}

test('rooms have their configured IDs', () => {
  const { ids } = scene();
  expect(ids.names).toEqual(['ops', 'dev', 'also-ops']);
  expect([ids.idOf('ops'), ids.idOf('dev'), ids.idOf('unknown')]).toEqual(['!a', '!b', '']);
  expect(ids.namesOf('!a')).toEqual(['ops', 'also-ops']);
});

test('a replacement counts at once and after a restart, several in a row too', () => {
  const { ids, notes } = scene();
  ids.replace('!a', '!a2');
  ids.replace('!a2', '!a3');
  expect([ids.idOf('ops'), ids.idOf('also-ops'), ids.idOf('dev')]).toEqual(['!a3', '!a3', '!b']);
  expect(ids.namesOf('!a')).toEqual([]);
  expect(scene(notes).ids.idOf('ops')).toBe('!a3');
});

test('replacements that form a circle end', () => {
  const { notes } = scene();
  notes.set('replacement !a', '!x');
  notes.set('replacement !x', '!a');
  expect(['!a', '!x']).toContain(scene(notes).ids.idOf('ops'));
});
