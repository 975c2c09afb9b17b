-- The versions of each type in the order of the log, for the history of a type. seq of a version = sequence * 2^20 + n:
-- kept in two columns, which take less room, because n is mostly 0.
CREATE TABLE version_type (
  type INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  n INTEGER NOT NULL,
  PRIMARY KEY (type, sequence, n)
) STRICT, WITHOUT ROWID;
INSERT INTO version_type
  SELECT r.type, v.seq >> 20, v.seq & 1048575 FROM version v JOIN record r ON r.rid = v.rid;
