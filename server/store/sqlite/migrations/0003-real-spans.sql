-- Ranges of numbers are ranges too: the limits of a span are real numbers, not only instants (ms).
-- Whole numbers stay as small as they were: SQLite stores them as integers. https://sqlite.org/datatype3.html
CREATE TABLE real_span (
  field INTEGER NOT NULL,
  until REAL NOT NULL,
  since REAL NOT NULL,
  rid INTEGER NOT NULL,
  PRIMARY KEY (field, until, since, rid)
) STRICT, WITHOUT ROWID;
INSERT INTO real_span SELECT field, until, since, rid FROM span;
DROP TABLE span;
ALTER TABLE real_span RENAME TO span;
