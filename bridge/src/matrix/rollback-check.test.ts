import { expect, test } from 'vitest';
import { advanceEpoch } from './rollback-check.ts';

class Meta {
  value: string | undefined;
  isBroken = false;

  constructor(epoch?: number) {
    this.value = epoch === undefined ? undefined : String(epoch);
  }
  getMeta(): string | undefined {
    return this.value;
  }
  setMeta(_: string, value: string): void {
    if (this.isBroken) throw new Error('killed');
    this.value = value;
  }
}

const advance = (keys: number | undefined, outbox: number | undefined): [string | undefined, string | undefined] => {
  const stores: [Meta, Meta] = [new Meta(keys), new Meta(outbox)];
  advanceEpoch(...stores);
  return [stores[0].value, stores[1].value];
};

test.each([
  ['the first start', undefined, undefined, '1'],
  ['a later start', 7, 7, '8'],
  ['a start after a crash between the two writes', 8, 7, '9'],
  ['a start with a new outbox, which holds nothing to repeat', 7, undefined, '8'],
])('%s counts in both stores', (_, keys, outbox, epoch) => {
  expect(advance(keys, outbox)).toEqual([epoch, epoch]);
});

test.each([
  [
    'the key store was put back',
    6,
    7,
    'the key store has counted 6 starts, the outbox 7: an old copy of the key store was restored and would reuse message keys. Log in as a new device and start with an empty data directory.',
  ],
  [
    'the key store is new and the outbox is not',
    undefined,
    7,
    'the key store has counted 0 starts, the outbox 7: an old copy of the key store was restored and would reuse message keys. Log in as a new device and start with an empty data directory.',
  ],
  [
    'the outbox was put back',
    9,
    7,
    'the outbox has counted 7 starts, the key store 9: an old copy of the outbox was restored and would deliver its messages again. Move outbox.db away to start without it.',
  ],
])('where %s the start is refused, and nothing is counted', (_, keys, outbox, sentence) => {
  const stores: [Meta, Meta] = [new Meta(keys), new Meta(outbox)];
  const start = () => advanceEpoch(...stores);
  expect(start).toThrow(expect.objectContaining({ message: sentence, exitCode: 3 }));
  expect([stores[0].value, stores[1].value]).toEqual([new Meta(keys).value, new Meta(outbox).value]);
});

test('any number of crashes after each single write leave stores that fit', () => {
  let seed = 1;
  const random = () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  const keys = new Meta();
  const outbox = new Meta();
  let crashes = 0;
  for (let start = 0; start < 1000; start++) {
    const store = random() < 0.5 ? keys : outbox;
    let writes = Math.floor(random() * 3);
    const setMeta = store.setMeta;
    store.setMeta = (key, value) => {
      if (writes-- <= 0) throw new Error('killed');
      setMeta.call(store, key, value);
    };
    try {
      advanceEpoch(keys, outbox);
    } catch (error) {
      expect((error as Error).message).toBe('killed');
      crashes += 1;
    }
    store.setMeta = setMeta;
  }
  expect(crashes).toBeGreaterThan(300);
});
