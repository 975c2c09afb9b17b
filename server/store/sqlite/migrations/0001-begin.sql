-- The first schema. It is compact on purpose: texts that repeat are kept once and pointed at by small numbers, and the
-- index tables are clustered on what is asked, in the order of creation (rid), so that a page is read without sorting.

-- Types, agencies, systems. 1 is everyone.
CREATE TABLE word (
  wid INTEGER PRIMARY KEY,
  text TEXT NOT NULL UNIQUE
) STRICT;
INSERT INTO word VALUES (1, '*');

-- What can be asked of a type: a kind of entry (dictionary.ts) under a parameter.
CREATE TABLE field (
  fid INTEGER PRIMARY KEY,
  type INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  param TEXT NOT NULL,
  UNIQUE (type, kind, param)
) STRICT;

-- What entries say (dates apart). text: code, normalised string, id, uri; scope: the word of the system or type, or 0.
CREATE TABLE value (
  vid INTEGER PRIMARY KEY,
  kind INTEGER NOT NULL,
  text TEXT NOT NULL,
  scope INTEGER NOT NULL,
  exact TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX value_text ON value (kind, text, scope, exact);
CREATE INDEX value_system ON value (scope) WHERE kind = 1;
CREATE INDEX value_exact ON value (exact) WHERE kind = 2;

-- One row for each record ever made. head: its current version. audience: JSON, NULL while it is that of the head.
-- facts: its entries as JSONB, {"<fid>": [vid, ...]} or {"<fid>": [[start, end], ...]} for dates.
CREATE TABLE record (
  rid INTEGER PRIMARY KEY,
  type INTEGER NOT NULL,
  id TEXT NOT NULL,
  owner INTEGER NOT NULL,
  head INTEGER NOT NULL,
  at INTEGER NOT NULL,
  deleted INTEGER NOT NULL,
  audience TEXT,
  facts BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX record_key ON record (type, id);
CREATE INDEX record_type ON record (type);
CREATE INDEX record_at ON record (type, at);

-- The order of commits. seq of a version = place * 2^20 + its position in the commit: rows are only ever appended.
CREATE TABLE commits (
  place INTEGER PRIMARY KEY,
  at INTEGER NOT NULL
) STRICT;
CREATE TABLE version (
  seq INTEGER PRIMARY KEY,
  rid INTEGER NOT NULL,
  version INTEGER NOT NULL,
  method INTEGER NOT NULL,
  author INTEGER NOT NULL,
  audience TEXT NOT NULL,
  text TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX version_of ON version (rid, version);

-- The search indexes. Spans (dates) are clustered on their end: every prefix but lt and le bounds it from below.
CREATE TABLE posting (
  field INTEGER NOT NULL,
  value INTEGER NOT NULL,
  rid INTEGER NOT NULL,
  PRIMARY KEY (field, value, rid)
) STRICT, WITHOUT ROWID;
CREATE TABLE span (
  field INTEGER NOT NULL,
  until INTEGER NOT NULL,
  since INTEGER NOT NULL,
  rid INTEGER NOT NULL,
  PRIMARY KEY (field, until, since, rid)
) STRICT, WITHOUT ROWID;

-- Who may know. n counts an agency's grants for one record from 0, so that n = 0 names each record once.
CREATE TABLE audience (
  agency INTEGER NOT NULL,
  type INTEGER NOT NULL,
  rid INTEGER NOT NULL,
  n INTEGER NOT NULL,
  since INTEGER,
  until INTEGER,
  PRIMARY KEY (agency, type, rid, n)
) STRICT, WITHOUT ROWID;

-- Work to be done outside or later. again: the due time of an enqueueing that came during the lease.
CREATE TABLE job (
  jid INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  due INTEGER NOT NULL,
  leased INTEGER,
  again INTEGER,
  attempts INTEGER NOT NULL,
  fence INTEGER NOT NULL,
  payload TEXT,
  error TEXT,
  UNIQUE (kind, key)
) STRICT;
CREATE INDEX job_ready ON job (kind, coalesce(leased, due));

CREATE TABLE event (
  stream TEXT NOT NULL,
  number INTEGER NOT NULL,
  place INTEGER NOT NULL,
  type TEXT NOT NULL,
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (stream, number)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX event_once ON event (stream, place, type, id);

-- Positions of readers of the order, and the last fence given ('fence').
CREATE TABLE cursor (
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE counter (
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO counter VALUES ('fence', 0);
