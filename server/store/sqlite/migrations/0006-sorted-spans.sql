-- By lower limit, which sorts go by: a page in that order is read without sorting all records.
CREATE INDEX span_lower ON span (field, since, rid);
