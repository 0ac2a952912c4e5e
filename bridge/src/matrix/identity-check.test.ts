import { expect, test } from 'vitest';
import { FatalError } from '../fatal-error.ts';
import { checkKeys, checkNewDevice, checkPin, checkWhoami } from './identity-check.ts';

const ME = { userId: '@alerts:example.org', deviceId: 'MINE' };
const PIN = { ...ME, ed25519: 'key' };
const NEW_DEVICE = 'Log in as a new device and start with an empty data directory.';

const refusals: [string, () => void, string][] = [
  [
    'a data directory of another device',
    () => checkPin({ ...PIN, deviceId: 'OTHER' }, ME, false),
    'the data directory belongs to device OTHER of @alerts:example.org, but the configuration names device MINE of @alerts:example.org. Correct the configuration, or use another --storage.path',
  ],
  [
    'a data directory of another user',
    () => checkPin({ ...PIN, userId: '@other:example.org' }, ME, false),
    'the data directory belongs to device MINE of @other:example.org, but the configuration names device MINE of @alerts:example.org. Correct the configuration, or use another --storage.path',
  ],
  [
    'a key store that was lost',
    () => checkPin(PIN, ME, true),
    `the key store of device MINE is missing. Its keys cannot be recreated, and an old copy must not be restored. ${NEW_DEVICE}`,
  ],
  [
    'an access token of another device',
    () => checkWhoami(ME, { user_id: ME.userId, device_id: 'OTHER' }),
    'the access token belongs to device OTHER of @alerts:example.org, but the configuration names device MINE of @alerts:example.org. Use the values of one login response',
  ],
  [
    'an access token of another user',
    () => checkWhoami(ME, { user_id: '@other:example.org', device_id: 'MINE' }),
    'the access token belongs to device MINE of @other:example.org, but the configuration names device MINE of @alerts:example.org. Use the values of one login response',
  ],
  [
    'an access token without a device',
    () => checkWhoami(ME, { user_id: ME.userId }),
    'the access token belongs to device (none) of @alerts:example.org, but the configuration names device MINE of @alerts:example.org. Use the values of one login response',
  ],
  [
    'an empty key store for a device that others know',
    () => checkNewDevice('MINE', true, 'published'),
    `device MINE has already published keys, but its key store is empty: the store was lost, or --storage.path is wrong. ${NEW_DEVICE}`,
  ],
  [
    'keys that are not the pinned ones',
    () => checkKeys('MINE', 'own', { pinned: 'other', published: 'own' }),
    `the keys in the key store differ from those of the data directory for device MINE. ${NEW_DEVICE}`,
  ],
  [
    'keys that are not those that others see',
    () => checkKeys('MINE', 'own', { pinned: 'own', published: 'other' }),
    `the keys in the key store differ from those of the homeserver for device MINE. ${NEW_DEVICE}`,
  ],
];
test.each(refusals)('%s is refused for good, with what to do', (_, check, sentence) => {
  expect(check).toThrow(new FatalError(sentence, 3));
  expect(check).toThrow(expect.objectContaining({ exitCode: 3 }));
});

test('a device that fits is let through: the first start, a later one, and one whose keys were not published yet', () => {
  checkPin(undefined, ME, true);
  checkPin(undefined, ME, false);
  checkPin(PIN, ME, false);
  checkWhoami(ME, { user_id: ME.userId, device_id: ME.deviceId });
  checkNewDevice('MINE', true, undefined);
  checkNewDevice('MINE', false, 'published');
  checkKeys('MINE', 'own', { pinned: undefined, published: undefined });
  checkKeys('MINE', 'own', { pinned: 'own', published: 'own' });
});
