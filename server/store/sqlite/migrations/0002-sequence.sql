-- Every commit takes a sequence; searches as of a sequence; jobs that failed or are done; the names of the code.

ALTER TABLE commits RENAME COLUMN place TO sequence;
ALTER TABLE event RENAME COLUMN place TO sequence;
ALTER TABLE word RENAME TO term;
ALTER TABLE term RENAME COLUMN wid TO tid;
ALTER TABLE record RENAME COLUMN facts TO entries;

-- The commit that changed the entries of the head without a new version; NULL while they are those that came with it.
ALTER TABLE record ADD COLUMN reindexed INTEGER;

-- How a record was found until the commit `until` changed it: its version then (seq) and the entries of that version.
CREATE TABLE superseded (
  until INTEGER NOT NULL,
  rid INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  at INTEGER NOT NULL,
  deleted INTEGER NOT NULL,
  entries BLOB NOT NULL,
  PRIMARY KEY (until, rid)
) STRICT, WITHOUT ROWID;

-- The first sequence as of which a search can be answered: versions superseded before it left no entries.
INSERT INTO counter SELECT 'searchable-from', coalesce(max(sequence), 0) FROM commits;

-- sequence: of the last enqueue, by which a replay is recognized. ended: 'failed', 'done', NULL while it can be claimed.
ALTER TABLE job ADD COLUMN sequence INTEGER NOT NULL DEFAULT 0;
ALTER TABLE job ADD COLUMN ended TEXT;
DROP INDEX job_ready;
CREATE INDEX job_ready ON job (kind, coalesce(leased, due)) WHERE ended IS NULL;
