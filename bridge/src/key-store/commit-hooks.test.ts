import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { newFactory, type RawStorePrototype, transactionPrototype } from './fake-indexeddb.ts';
import { openDatabase } from './open-database.ts';

let stores: RawStorePrototype;
const restores: (() => void)[] = [];

beforeEach(async () => {
  vi.resetModules();
  const database = await openDatabase(newFactory(), 'probe', 1, (empty) => {
    stores = Object.getPrototypeOf(empty.createObjectStore('probe')._rawObjectStore);
  });
  database.close();
});

afterEach(() => {
  for (const restore of restores.splice(0)) restore();
});

function hide(object: object, property: string): void {
  const value = Reflect.get(object, property);
  Reflect.set(object, property, undefined);
  restores.push(() => Reflect.set(object, property, value));
}

/** Hooks of a module that has not been loaded before. */
async function installHooks(): Promise<void> {
  const hooks = await import('./commit-hooks.ts');
  await hooks.installHooks();
}

function missing(what: string): string {
  return (
    `fake-indexeddb has no ${what}, so the key store cannot observe writes. ` +
    'Install the exact versions of package-lock.json with npm ci.'
  );
}

test.each(['storeRecord', 'deleteRecord', 'clear'] as const)('a store without %s is refused', async (method) => {
  hide(stores, method);
  await expect(installHooks()).rejects.toMatchObject({
    reason: 'internals_changed',
    message: missing(`ObjectStore.${method}`),
  });
});

test('transactions without a way to abort are refused', async () => {
  hide(transactionPrototype, '_abort');
  await expect(installHooks()).rejects.toMatchObject({
    reason: 'internals_changed',
    message: missing('IDBTransaction._abort'),
  });
});
