import type { DatabaseSync } from 'node:sqlite';
import { deserialize, serialize } from 'node:v8';
import { KeyStoreError } from './key-store-error.ts';
import { openRecordFile } from './record-file-access.ts';
import { decodeKey, encodeKey, type IdbKey } from './record-key.ts';

/** Schema of an object store. */
export type StoreSchema = {
  readonly name: string;
  readonly keyPath: string | readonly string[] | null;
  readonly autoIncrement: boolean;
  readonly indexes: readonly {
    readonly name: string;
    readonly keyPath: string | readonly string[];
    readonly unique: boolean;
    readonly multiEntry: boolean;
  }[];
};

export type DatabaseSchema = {
  readonly name: string;
  readonly version: number;
  readonly stores: readonly StoreSchema[];
};

/** State of one record after a transaction. Without `record` it was deleted. */
export type RecordChange = {
  readonly store: string;
  readonly key: IdbKey;
  readonly record?: { readonly value: unknown } | undefined;
};

/** Result of one IndexedDB transaction. With a `schema`, the records are the whole content of the database. */
export type Change = {
  readonly database: string;
  readonly schema?: DatabaseSchema;
  readonly records: readonly RecordChange[];
};

/** Points of a commit where a test may kill the process. */
export type CommitPoint = 'before' | 'uncommitted' | 'committed';

/** SQLite file with all IndexedDB records. */
export class RecordFile {
  readonly #db: DatabaseSync;
  readonly #statements: ReturnType<typeof prepare>;

  constructor(path: string) {
    this.#db = openRecordFile(path);
    this.#statements = prepare(this.#db);
  }

  /** Writes the whole change to disk, or nothing of it and throws. */
  commit(change: Change, reached: (point: CommitPoint) => void = () => {}): void {
    reached('before');
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      this.#write(change);
      reached('uncommitted');
      this.#db.exec('COMMIT');
    } catch (error) {
      // After some errors (full disk, I/O error) SQLite has already rolled back.
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
    reached('committed');
  }

  #write({ database, schema, records }: Change): void {
    const { putDatabase, clearDatabase, putRecord, deleteRecord } = this.#statements;
    if (schema) {
      for (const store of schema.stores) refuseGeneratedKeys(store);
      clearDatabase.run(database);
      putDatabase.run(schema.name, schema.version, JSON.stringify(schema.stores));
    }
    for (const { store, key, record } of records) {
      if (record) putRecord.run(database, store, encodeKey(key), serialize(record.value));
      else deleteRecord.run(database, store, encodeKey(key));
    }
  }

  databases(): DatabaseSchema[] {
    return this.#statements.allDatabases.all().map((row) => ({
      name: String(row.name),
      version: Number(row.version),
      stores: JSON.parse(String(row.stores)) as StoreSchema[],
    }));
  }

  *records(database: string, store: string): Generator<{ key: IdbKey; value: unknown }> {
    for (const row of this.#statements.allRecords.iterate(database, store)) {
      yield { key: decodeKey(String(row.key)), value: deserialize(row.value as Uint8Array) };
    }
  }

  forget(database: string): void {
    this.#statements.clearDatabase.run(database);
    this.#statements.deleteDatabase.run(database);
  }

  getMeta(key: string): string | undefined {
    const row = this.#statements.getMeta.get(key);
    return row && String(row.value);
  }

  setMeta(key: string, value: string): void {
    this.#statements.putMeta.run(key, value);
  }

  close(): void {
    this.#db.close();
  }
}

function refuseGeneratedKeys({ name, autoIncrement }: StoreSchema): void {
  if (!autoIncrement) return;
  throw new KeyStoreError(
    'unsupported',
    `The object store "${name}" generates its keys (autoIncrement), which the key store does not support. ` +
      'Keep that database in memory.',
  );
}

function prepare(db: DatabaseSync) {
  return {
    allDatabases: db.prepare('SELECT name, version, stores FROM idb_database'),
    putDatabase: db.prepare('INSERT OR REPLACE INTO idb_database (name, version, stores) VALUES (?, ?, ?)'),
    deleteDatabase: db.prepare('DELETE FROM idb_database WHERE name = ?'),
    allRecords: db.prepare('SELECT key, value FROM idb_record WHERE database = ? AND store = ?'),
    putRecord: db.prepare('INSERT OR REPLACE INTO idb_record (database, store, key, value) VALUES (?, ?, ?, ?)'),
    deleteRecord: db.prepare('DELETE FROM idb_record WHERE database = ? AND store = ? AND key = ?'),
    clearDatabase: db.prepare('DELETE FROM idb_record WHERE database = ?'),
    getMeta: db.prepare('SELECT value FROM meta WHERE key = ?'),
    putMeta: db.prepare('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)'),
  };
}
