import { expect, test } from 'vitest';
import { FatalError } from '../delivery/delivery-error.ts';
import { checkKeys, checkNewDevice, checkPin, checkWhoami } from './identity-check.ts';

const ME = { userId: '@alerts:example.org', deviceId: 'MINE' };
const PIN = { ...ME, ed25519: 'key' };
const NEW_DEVICE = 'Log in as a new device and start with an empty data directory.';

const refusals: [string, () => void, string][] = [
  [
    'a data directory of another device',
    () => checkPin({ ...PIN, deviceId: 'OTHER' }, ME, false),
    'the data directory belongs to device OTHER of @alerts:example.org, the configuration names device MINE of @alerts:example.org; correct the configuration, or use another --storage.path',
  ],
  [
    'a data directory of another user',
    () => checkPin({ ...PIN, userId: '@other:example.org' }, ME, false),
    'the data directory belongs to device MINE of @other:example.org, the configuration names device MINE of @alerts:example.org; correct the configuration, or use another --storage.path',
  ],
  [
    'a key store that was lost',
    () => checkPin(PIN, ME, true),
    `the key store of device MINE is missing; its keys can't be made again, and an old copy must not be put back. ${NEW_DEVICE}`,
  ],
  [
    'an access token of another device',
    () => checkWhoami(ME, { user_id: ME.userId, device_id: 'OTHER' }),
    'the access token is of device OTHER of @alerts:example.org, the configuration names device MINE of @alerts:example.org; use the values that one login answered',
  ],
  [
    'an access token of another user',
    () => checkWhoami(ME, { user_id: '@other:example.org', device_id: 'MINE' }),
    'the access token is of device MINE of @other:example.org, the configuration names device MINE of @alerts:example.org; use the values that one login answered',
  ],
  [
    'an access token without a device',
    () => checkWhoami(ME, { user_id: ME.userId }),
    'the access token is of device (none) of @alerts:example.org, the configuration names device MINE of @alerts:example.org; use the values that one login answered',
  ],
  [
    'an empty key store for a device that others know',
    () => checkNewDevice('MINE', true, 'published'),
    `the homeserver already knows keys of device MINE, but the key store here is empty: it was lost, or --storage.path is another one. ${NEW_DEVICE}`,
  ],
  [
    'keys that are not the pinned ones',
    () => checkKeys('MINE', 'own', { pinned: 'other', published: 'own' }),
    `the key store holds other keys than the data directory has for device MINE. ${NEW_DEVICE}`,
  ],
  [
    'keys that are not those that others see',
    () => checkKeys('MINE', 'own', { pinned: 'own', published: 'other' }),
    `the key store holds other keys than the homeserver has for device MINE. ${NEW_DEVICE}`,
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
