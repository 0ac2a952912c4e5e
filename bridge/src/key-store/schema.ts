import type { IdbDatabase, RawDatabase, RawStore } from './fake-indexeddb.ts';
import type { DatabaseSchema, StoreSchema } from './record-file.ts';

/** Returns the schema of a database in memory. */
export function describeSchema(database: RawDatabase): DatabaseSchema {
  return {
    name: database.name,
    version: database.version,
    stores: [...database.rawObjectStores.values()].map(describeStore),
  };
}

function describeStore(store: RawStore): StoreSchema {
  return {
    name: store.name,
    keyPath: store.keyPath,
    autoIncrement: store.autoIncrement,
    indexes: [...store.rawIndexes.values()].map(({ name, keyPath, unique, multiEntry }) => ({
      name,
      keyPath,
      unique,
      multiEntry,
    })),
  };
}

/** Creates the stores of a schema in an empty database. `fill` adds the records of each. */
export function createStores(
  database: IdbDatabase,
  stores: readonly StoreSchema[],
  fill: (store: RawStore) => void,
): void {
  for (const { name, keyPath, indexes } of stores) {
    const store = database.createObjectStore(name, { keyPath });
    for (const index of indexes) {
      store.createIndex(index.name, index.keyPath, { unique: index.unique, multiEntry: index.multiEntry });
    }
    // Indexes are built in a later task, so they include the records added here.
    fill(store._rawObjectStore);
  }
}
