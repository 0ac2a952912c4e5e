import { expect, test } from 'vitest';
import { messageKey } from './verdict.ts';

function event(...ciphertext: number[]) {
  const content = { session_id: 'S', ciphertext: Buffer.from(ciphertext).toString('base64') };
  return { event_id: '$0:test', room_id: '!room:test', sender: '@bot:test', type: 't', content, origin_server_ts: 0 };
}

test.each([
  [0, [0x00]],
  [99, [0x63]],
  [300, [0xac, 0x02]],
])('index %i is read off a Megolm message', (index, varint) => {
  expect(messageKey(event(3, 0x08, ...varint, 0x12, 0x01, 0x00))).toEqual({ session: 'S', index });
});

test('anything else is refused', () => {
  expect(() => messageKey(event(2, 0x08, 0))).toThrow('This is no Megolm message: AggA');
});
