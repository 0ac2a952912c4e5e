import { inTransaction, openDatabase } from '@repo/common/database';
import { readFileState, writeFileState } from '../file-state-text.ts';
import { Ledger } from '../ledger/ledger.ts';
import { MessageTable, PAGE_BYTES } from '../ledger/message-table.ts';
import { Places } from '../ledger/places.ts';
import type { LimitHit } from '../lines/parsed-line.ts';
import type { FileState } from '../scanner.ts';
import { LabelNames } from './label-names.ts';
import { type Series, SeriesCounters } from './series-counters.ts';

/** Name of the database in the storage directory. */
export const TRANSCRIPTS_FILE = 'transcripts.sqlite';

/** Marks the file as "cuet". */
const APPLICATION_ID = 0x63756574;

const MIGRATIONS = [
  `CREATE TABLE pages (number INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
   CREATE TABLE facts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE names (kind TEXT NOT NULL, number INTEGER NOT NULL, name TEXT NOT NULL, PRIMARY KEY (kind, number)) STRICT, WITHOUT ROWID;
   CREATE TABLE files (identity TEXT PRIMARY KEY, state TEXT NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE limit_hits (uuid TEXT PRIMARY KEY, hit TEXT NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE series (key TEXT PRIMARY KEY, series TEXT NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE labels (key TEXT PRIMARY KEY, label TEXT NOT NULL) STRICT, WITHOUT ROWID`,
];
const KINDS = ['models', 'sessions', 'projects'] as const;

/** A refusal, and the host on which it happened. */
export interface HostHit extends LimitHit {
  readonly host: string;
}

/** All that is known from transcripts, and stays known after they are deleted. */
export interface TranscriptStore extends Disposable {
  readonly ledger: Ledger;
  readonly places: Places;
  readonly counters: SeriesCounters;
  readonly files: Map<string, FileState>;
  readonly hits: Map<string, HostHit>;
  /** Writes all changes in one transaction. To be called after the counters have counted the ledger. */
  commit(): void;
}

/**
 * Opens the only file that has these counts. It must not be opened a second time: this process keeps what it holds in
 * memory, so another writer would be overwritten. SQLite's lock enforces that.
 */
export function openTranscriptStore(path: string): TranscriptStore {
  const database = openDatabase(path, {
    migrations: MIGRATIONS,
    applicationId: APPLICATION_ID,
    synchronous: 'NORMAL',
  });
  const all = (sql: string) => database.prepare(sql).all();
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; COMMIT');
    const count = Number(all("SELECT value FROM facts WHERE name = 'records'")[0]?.value ?? 0);
    const pages = all('SELECT bytes FROM pages ORDER BY number').map(({ bytes }) => bufferOf(bytes as Uint8Array));
    const names = (kind: string) =>
      database
        .prepare('SELECT name FROM names WHERE kind = ? ORDER BY number')
        .all(kind)
        .map(({ name }) => String(name));
    const places = new Places(names('models'), names('sessions'), names('projects'));
    const stored = Object.fromEntries(KINDS.map((kind) => [kind, places[kind].list.length]));
    const table = new MessageTable(pages, count);
    const ledger = new Ledger(table);
    const files = new Map(
      all('SELECT * FROM files').map(({ identity, state }) => [String(identity), readFileState(String(state))]),
    );
    const storedFiles = new Map(files);
    const hits = new Map(
      all('SELECT * FROM limit_hits').map(({ uuid, hit }) => [String(uuid), JSON.parse(String(hit))]),
    );
    let storedHits = hits.size;
    const labels = new LabelNames(all('SELECT * FROM labels').map(({ key, label }) => [String(key), String(label)]));
    const series = all('SELECT series FROM series').map(({ series: text }) => JSON.parse(String(text)) as Series);
    const counters = new SeriesCounters(series, labels);

    const put = {
      page: database.prepare('INSERT OR REPLACE INTO pages VALUES (?, ?)'),
      count: database.prepare("INSERT OR REPLACE INTO facts VALUES ('records', ?)"),
      name: database.prepare('INSERT INTO names VALUES (?, ?, ?)'),
      file: database.prepare('INSERT OR REPLACE INTO files VALUES (?, ?)'),
      hit: database.prepare('INSERT OR IGNORE INTO limit_hits VALUES (?, ?)'),
      series: database.prepare('INSERT OR REPLACE INTO series VALUES (?, ?)'),
      label: database.prepare('INSERT INTO labels VALUES (?, ?)'),
    };
    const forgetFile = database.prepare('DELETE FROM files WHERE identity = ?');

    const writeNames = () => {
      for (const kind of KINDS) {
        const { list } = places[kind];
        for (let number = stored[kind] ?? 0; number < list.length; number++)
          put.name.run(kind, number, list[number] ?? '');
      }
    };
    const writeFiles = () => {
      for (const [identity, state] of files) {
        if (storedFiles.get(identity) !== state) put.file.run(identity, writeFileState(state));
      }
      for (const identity of storedFiles.keys()) if (!files.has(identity)) forgetFile.run(identity);
    };
    const isUnchanged = () =>
      table.count === ledger.settled &&
      ledger.grown.size === 0 &&
      hits.size === storedHits &&
      files.size === storedFiles.size &&
      [...files].every(([identity, state]) => storedFiles.get(identity) === state);

    return {
      ledger,
      places,
      counters,
      files,
      hits,
      commit() {
        if (isUnchanged()) return;
        inTransaction(database, () => {
          for (const page of table.takeDirtyPages()) put.page.run(page, table.pageBytes(page));
          put.count.run(table.count);
          writeNames();
          writeFiles();
          for (const [uuid, hit] of [...hits].slice(storedHits)) put.hit.run(uuid, JSON.stringify(hit));
          for (const key of counters.changed) put.series.run(key, JSON.stringify(counters.series.get(key)));
          for (const [key, label] of labels.added) put.label.run(key, label);
        });
        ledger.settle();
        counters.changed.clear();
        labels.added.clear();
        storedHits = hits.size;
        for (const kind of KINDS) stored[kind] = places[kind].list.length;
        storedFiles.clear();
        for (const [identity, state] of files) storedFiles.set(identity, state);
      },
      [Symbol.dispose]: () => database.close(),
    };
  } catch (error) {
    database.close();
    throw error;
  }
}

function bufferOf(bytes: Uint8Array): ArrayBuffer {
  const buffer = new ArrayBuffer(PAGE_BYTES);
  new Uint8Array(buffer).set(bytes);
  return buffer;
}
