/** Marks `history.sqlite` as "cueh". */
export const APPLICATION_ID = 0x63756568;

/** The schema of `history.sqlite`, as forward migrations. A released entry is never edited. */
export const MIGRATIONS: readonly string[] = [
  `CREATE TABLE samples (
     account TEXT NOT NULL,
     window TEXT NOT NULL,
     time INTEGER NOT NULL,
     percent REAL NOT NULL,
     resets_at INTEGER,
     source TEXT NOT NULL,
     PRIMARY KEY (account, window, time)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE requests (account TEXT NOT NULL, time INTEGER NOT NULL) STRICT;
   CREATE INDEX requests_by_account ON requests (account, time);
   CREATE TABLE accounts (account TEXT PRIMARY KEY, state TEXT NOT NULL) STRICT;
   CREATE TABLE installation (armed_at INTEGER NOT NULL) STRICT`,
  `CREATE TABLE gate_caps (
     account TEXT PRIMARY KEY,
     session_pct INTEGER CHECK (session_pct BETWEEN 1 AND 100),
     week_pct INTEGER CHECK (week_pct BETWEEN 1 AND 100)
   ) STRICT`,
  `CREATE TABLE thinned (account TEXT NOT NULL, step INTEGER NOT NULL, until INTEGER NOT NULL, PRIMARY KEY (account, step))
     STRICT, WITHOUT ROWID`,
  `CREATE TABLE forecasts (
     account TEXT NOT NULL,
     window TEXT NOT NULL,
     version INTEGER NOT NULL,
     state TEXT NOT NULL,
     grades TEXT NOT NULL,
     PRIMARY KEY (account, window)
   ) STRICT, WITHOUT ROWID`,
];
