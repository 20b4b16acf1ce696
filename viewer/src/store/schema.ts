// In: a path or ':memory:'. Out: an open SQLite database with the viewer's tables.
// Must stay true: narrow rows that searches and statistics scan (`spans`) lie apart from the wide texts (`bodies`) that
// only one trace at a time is read from; `t` grows with arrival, so the oldest trace is the smallest `t`.
import { DatabaseSync } from 'node:sqlite'

/** Raised whenever the tables change: a file of another version is refused rather than misread. */
const VERSION = 1

const TABLES = `
create table resources (id integer primary key, attrs text not null unique);
create table scopes (id integer primary key, body text not null unique);
create table services (id integer primary key, name text not null unique);

create table traces (
  t integer primary key, trace_id text not null unique,
  start_us integer not null, end_us integer not null, dur_us integer not null,
  spans integer not null, errors integer not null, status integer not null,
  root_span text not null, root_svc integer not null, root_name text not null, root_note text not null,
  services text not null, received_ms integer not null, revision integer not null
);
create index traces_by_start on traces (start_us);

create table spans (
  id integer primary key, t integer not null, span_id text not null, parent text not null,
  svc integer not null, kind integer not null, status integer not null, open integer not null,
  start_us integer not null, start_ns integer not null, dur_ns integer not null,
  entry integer not null, name text not null, op text not null, peer text not null, res integer not null
);
create unique index spans_by_trace on spans (t, span_id, svc);

create table bodies (id integer primary key, attrs text not null, events text, links text, more text not null);

create table logs (
  id integer primary key, t integer not null, span_id text not null, svc integer not null,
  time_us integer not null, time_ns integer not null, sev integer not null, sev_text text not null,
  event text not null, body text not null, attrs text not null, res integer not null
);
create index logs_by_trace on logs (t, span_id);

create table faults (
  id integer primary key, t integer not null, span_id text not null, svc integer not null, time_us integer not null,
  type text not null, message text not null, pattern text not null, op text not null
);
create index faults_by_trace on faults (t);
`

/** Thrown when a file holds the tables of another version, or is no database of ours. */
export class ForeignDatabase extends Error {}

export const openDatabase = (path: string): DatabaseSync => {
  const db = new DatabaseSync(path)
  // One process writes; losing the last moment to a power cut is right for a development tool, waiting for the disk is not.
  db.exec('pragma journal_mode = wal; pragma synchronous = off; pragma temp_store = memory; pragma cache_size = -65536')
  const version = db.prepare('pragma user_version').get()?.['user_version']
  const empty = db.prepare('select count(*) as n from sqlite_schema').get()?.['n'] === 0
  if (empty) db.exec(`begin; ${TABLES} pragma user_version = ${VERSION}; commit`)
  else if (version !== VERSION) {
    db.close()
    throw new ForeignDatabase(
      `${path} was not written by this version of clew-viewer; give another --file or remove it`,
    )
  }
  return db
}
